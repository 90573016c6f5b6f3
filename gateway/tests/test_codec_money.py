"""Money keeps every cent."""

import pytest

from kontor.type.v1.money_pb2 import Money
from kontor_chassis.currencies import DECIMALS
from kontor_gateway.codec_faults import Refused
from kontor_gateway.codec_money import read_money, write_money


@pytest.mark.parametrize(
    ("minor_units", "currency", "amount"),
    [
        (125_000, "EUR", "1250.00"),
        (0, "EUR", "0.00"),
        (5, "EUR", "0.05"),
        (-5, "EUR", "-0.05"),
        (-125_050, "EUR", "-1250.50"),
        (1250, "JPY", "1250"),
        (-7, "JPY", "-7"),
        (1, "BHD", "0.001"),
        (12_345, "CLF", "1.2345"),
        (2**63 - 1, "EUR", "92233720368547758.07"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency_both_ways(minor_units: int, currency: str, amount: str) -> None:
    assert write_money(Money(minor_units=minor_units, currency=currency)) == {"amount": amount, "currency": currency}
    assert read_money({"amount": amount, "currency": currency}) == {"minor_units": minor_units, "currency": currency}


@pytest.mark.parametrize(
    ("amount", "currency", "minor_units"),
    [
        ("1250", "EUR", 125_000),
        ("1250.5", "EUR", 125_050),
        (1250, "EUR", 125_000),
        (1250.5, "EUR", 125_050),
        (0.1, "EUR", 10),
        (1.15, "EUR", 115),
        (1e3, "EUR", 100_000),
        (1250.0, "JPY", 1250),
        (-0.0, "EUR", 0),
        (9999999999999.99, "EUR", 999_999_999_999_999),
    ],
)
def test_amounts_may_be_shorter_or_numbers(amount: object, currency: str, minor_units: int) -> None:
    assert read_money({"amount": amount, "currency": currency})["minor_units"] == minor_units


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("1250 EUR", ""),
        (1250, ""),
        ([], ""),
        ({}, "amount"),
        ({"amount": "1"}, "currency"),
        ({"amount": None, "currency": "EUR"}, "amount"),
        ({"amount": "1", "currency": "EUR", "unit": "cent"}, "unit"),
        ({"amount": "1", "currency": "eur"}, "currency"),
        ({"amount": "1", "currency": "XXX"}, "currency"),
        ({"amount": "1", "currency": ["EUR"]}, "currency"),
        ({"amount": "1.001", "currency": "EUR"}, "amount"),
        ({"amount": "1.000", "currency": "EUR"}, "amount"),
        ({"amount": 1.001, "currency": "EUR"}, "amount"),
        ({"amount": "1.5", "currency": "JPY"}, "amount"),
        ({"amount": 1.5, "currency": "JPY"}, "amount"),
        ({"amount": "1.", "currency": "EUR"}, "amount"),
        ({"amount": ".5", "currency": "EUR"}, "amount"),
        ({"amount": "1e3", "currency": "EUR"}, "amount"),
        ({"amount": "1,50", "currency": "EUR"}, "amount"),
        ({"amount": " 1", "currency": "EUR"}, "amount"),
        ({"amount": "+1", "currency": "EUR"}, "amount"),
        ({"amount": "٣", "currency": "EUR"}, "amount"),
        ({"amount": "NaN", "currency": "EUR"}, "amount"),
        ({"amount": True, "currency": "EUR"}, "amount"),
        ({"amount": [1], "currency": "EUR"}, "amount"),
        ({"amount": "92233720368547758.08", "currency": "EUR"}, "amount"),
        ({"amount": 10**18, "currency": "EUR"}, "amount"),
        ({"amount": 1e300, "currency": "EUR"}, "amount"),
        ({"amount": 12345678901234.56, "currency": "EUR"}, "amount"),
    ],
)
def test_what_is_no_exact_amount_is_refused(value: object, path: str) -> None:
    with pytest.raises(Refused) as caught:
        read_money(value)
    assert [fault[0] for fault in caught.value.faults][:1] == [path]


def test_currencies_have_three_letters_and_each_has_one_number_of_decimals() -> None:
    assert all(len(code) == 3 and code.isupper() for code in DECIMALS)
    assert {DECIMALS["EUR"], DECIMALS["JPY"], DECIMALS["KWD"], DECIMALS["UYW"]} == {2, 0, 3, 4}
