"""Between kontor.type.v1.Money and ours."""

from kontor.type.v1 import money_pb2 as pb
from kontor_sales.domain.money import Money


def money_from(message: pb.Money) -> Money:
    return Money(message.minor_units, message.currency)


def money_to(money: Money | None) -> pb.Money | None:
    return None if money is None else pb.Money(minor_units=money.minor_units, currency=money.currency)
