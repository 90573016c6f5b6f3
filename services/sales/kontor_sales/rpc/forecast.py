"""kontor.sales.v1.ForecastService."""

from kontor.sales.v1 import forecast_pb2 as pb
from kontor.type.v1.money_pb2 import Money
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.proto import to_date
from kontor_sales.domain.days import month_text
from kontor_sales.domain.deals import DealFilter
from kontor_sales.domain.forecast import Month, Sum
from kontor_sales.usecases import forecast


def get_forecast(request: pb.GetForecastRequest, session: ReadSession) -> pb.Forecast:
    wanted = DealFilter(
        pipeline_id=request.pipeline_id,
        responsible_user_id=request.responsible_user_id,
        organisation_id=request.organisation_id,
        tags=tuple(request.tag),
    )
    found, today = forecast.get(session, wanted, first=request.from_month, last=request.to_month)
    return pb.Forecast(
        months=[_month_to(month) for month in found.months],
        overdue=[_sum_to(item) for item in found.overdue],
        undated=[_sum_to(item) for item in found.undated],
        as_of_date=to_date(today),
    )


def _month_to(month: Month) -> pb.ForecastMonth:
    return pb.ForecastMonth(
        month=month_text(month.month),
        currency=month.currency,
        won=Money(minor_units=month.won, currency=month.currency),
        weighted=Money(minor_units=month.weighted, currency=month.currency),
        open=Money(minor_units=month.open, currency=month.currency),
        won_count=month.won_count,
        open_count=month.open_count,
    )


def _sum_to(item: Sum) -> pb.ForecastSum:
    return pb.ForecastSum(
        currency=item.currency,
        weighted=Money(minor_units=item.weighted, currency=item.currency),
        open=Money(minor_units=item.open, currency=item.currency),
        open_count=item.open_count,
    )
