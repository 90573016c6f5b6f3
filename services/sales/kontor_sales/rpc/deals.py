"""kontor.sales.v1.DealService."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.empty_pb2 import Empty

from kontor.sales.v1 import deals_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.filters.lists import position_type, token_position
from kontor_chassis.filters.order import parse_order
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, from_date, to_date, to_timestamp
from kontor_chassis.references import Answers, write
from kontor_chassis.rpc.dispatch import Call
from kontor_sales.clients import OWNERS
from kontor_sales.domain.deals import Deal, DealFilter, DealPerson
from kontor_sales.rpc.money import money_from, money_to
from kontor_sales.store import deal_fields
from kontor_sales.usecases import deal_states, deals

_STATES = Words(pb.DealState)
_KINDS = Words(pb.ValueKind, default="total")


async def create_deal(request: pb.CreateDealRequest, call: Call) -> pb.Deal:
    return await write(call, request, pb.Deal, _create, owners=OWNERS)


def get_deal(request: pb.GetDealRequest, session: ReadSession) -> pb.Deal:
    return _deal_to(deals.get(session, request.id))


def list_deals(request: pb.ListDealsRequest, session: ReadSession) -> pb.ListDealsResponse:
    order = parse_order(request.order_by, fields=deal_fields.ORDERS, default=deal_fields.DEFAULT, custom=False)
    page = open_page(request, position=(position_type(deal_fields.ORDERS[order.field]), str))
    wanted = DealFilter(
        state=_STATES.word(request.state, field="state"),
        stage_id=request.stage_id,
        organisation_id=request.organisation_id,
        person_id=request.person_id,
        responsible_user_id=request.responsible_user_id,
        tags=tuple(request.tag),
    )
    found: Sequence[tuple[tuple[Any, str], Deal]]
    if request.filter or order != deal_fields.DEFAULT:
        found = deals.find_filtered(session, request.filter, wanted, order=order, after=page.after, limit=page.size + 1)
    else:
        found = deals.find(session, wanted, after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: token_position(*item[0]))
    return pb.ListDealsResponse(deals=[_deal_to(deal) for _, deal in kept], next_page_token=next_page_token)


async def update_deal(request: pb.UpdateDealRequest, call: Call) -> pb.Deal:
    return await write(call, request, pb.Deal, _update, owners=OWNERS)


def delete_deal(request: pb.DeleteDealRequest, session: WriteSession) -> Empty:
    deals.delete(session, request.id, etag=request.etag)
    return Empty()


def move_deal(request: pb.MoveDealRequest, session: WriteSession) -> pb.Deal:
    return _deal_to(deal_states.move(session, request.id, request.stage_id, etag=request.etag))


def win_deal(request: pb.WinDealRequest, session: WriteSession) -> pb.Deal:
    return _deal_to(deal_states.win(session, request.id, closed_date=_day(request, "closed_date"), etag=request.etag))


def lose_deal(request: pb.LoseDealRequest, session: WriteSession) -> pb.Deal:
    closed_date = _day(request, "closed_date")
    return _deal_to(deal_states.lose(session, request.id, reason=request.lost_reason, closed_date=closed_date, etag=request.etag))


def reopen_deal(request: pb.ReopenDealRequest, session: WriteSession) -> pb.Deal:
    return _deal_to(deal_states.reopen(session, request.id, etag=request.etag))


def _create(request: pb.CreateDealRequest, session: WriteSession, answers: Answers) -> pb.Deal:
    return _deal_to(deals.create(session, _deal_from(request.deal), answers))


def _update(request: pb.UpdateDealRequest, session: WriteSession, answers: Answers) -> pb.Deal:
    deal, etag = request.deal, request.etag or request.deal.etag
    return _deal_to(deals.update(session, deal.id, _deal_from(deal), answers, mask=request.update_mask, etag=etag))


def _day(message: Any, field: str) -> Any:
    return from_date(getattr(message, field), field=field) if message.HasField(field) else None


def _deal_from(message: pb.Deal) -> Deal:
    return Deal(
        name=message.name,
        description=message.description,
        value=money_from(message.value) if message.HasField("value") else None,
        value_kind=_KINDS.word(message.value_kind, field="value_kind"),
        value_count=message.value_count if message.HasField("value_count") else 1,
        target_date=_day(message, "target_date"),
        organisation_id=message.organisation_id,
        persons=tuple(DealPerson(person.person_id, person.role) for person in message.persons),
        responsible_user_id=message.responsible_user_id,
        tags=tuple(message.tags),
        pipeline_id=message.pipeline_id,
        stage_id=message.stage_id,
    )


def _deal_to(deal: Deal) -> pb.Deal:
    return pb.Deal(
        id=deal.id,
        etag=etag_of(deal.version),
        name=deal.name,
        description=deal.description,
        value=money_to(deal.value),
        value_kind=_KINDS.number(deal.value_kind),
        value_count=deal.value_count,
        target_date=to_date(deal.target_date),
        organisation_id=deal.organisation_id,
        persons=[pb.DealPerson(person_id=person.person_id, role=person.role) for person in deal.persons],
        responsible_user_id=deal.responsible_user_id,
        tags=deal.tags,
        pipeline_id=deal.pipeline_id,
        stage_id=deal.stage_id,
        probability=deal.probability,
        state=_STATES.number(deal.state),
        lost_reason=deal.lost_reason,
        closed_date=to_date(deal.closed_date),
        create_time=to_timestamp(deal.create_time),
        update_time=to_timestamp(deal.update_time),
        creator_user_id=deal.creator_user_id,
    )
