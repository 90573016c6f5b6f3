"""What can happen to a deal, but for moving and closing it (deal_states.py)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import FailedPrecondition, NotFound, invalid
from kontor_chassis.etags import check_etag
from kontor_chassis.filters.grammar import parse
from kontor_chassis.filters.lists import places
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import narrowed
from kontor_chassis.ids import is_id, new_id
from kontor_chassis.references import Answers
from kontor_sales.domain.deal_states import placed
from kontor_sales.domain.deals import Deal, DealFilter, changed_fields, checked_deal, checked_filter, named, with_changes, with_named
from kontor_sales.domain.pipelines import Stage
from kontor_sales.domain.references import reference
from kontor_sales.events import published
from kontor_sales.store import accounts, deal_fields, deal_history, deals, pipelines, record_fields, tags
from kontor_sales.store.walks import After
from kontor_sales.usecases import pipelines as pipeline_usecases
from kontor_sales.usecases import references, who_answers

# A change of one of these is kept in the history, beside every change of stage and state.
_WORTH = frozenset({"value", "value_kind", "value_count", "target_date"})


def create(session: WriteSession, wanted: Deal, answers: Answers) -> Deal:
    """Without a stage the deal stands in the first one. Raises InvalidArgument, Unanswered."""
    checked = checked_deal(wanted, default_currency=accounts.get(session).currency)
    checked = with_named(checked, who_answers.resolved(session, [], named(checked)))
    deal = replace(
        placed(checked, _first_stage(session, wanted)),
        id=new_id(),
        version=1,
        responsible_user_id=checked.responsible_user_id or session.user_id,
        create_time=session.now,
        update_time=session.now,
        creator_user_id=session.user_id,
    )
    references.require(session, _named(session, deal, changed_fields(Deal(name=""), deal)), answers)
    deal = deals.insert(session, deal)
    deal_history.append(session, deal)
    values = {name: getattr(deal, name) for name in changed_fields(Deal(name=""), deal)}
    created(session, f"deals/{deal.id}", {**values, "stage_id": deal.stage_id})
    published.deal_created(session, deal)
    return deal


def get(session: ReadSession, deal_id: str) -> Deal:
    """Raises NotFound."""
    deal = deals.get(session, deal_id) if is_id(deal_id) else None
    if deal is None:
        raise NotFound("The deal does not exist.")
    return deal


def find(session: ReadSession, wanted: DealFilter, *, after: After | None, limit: int) -> list[tuple[After, Deal]]:
    """Deals by target date, undated ones last, each with its place in the list. A tag that does not exist narrows to nothing.

    Raises InvalidArgument.
    """
    wanted = checked_filter(wanted)
    wanted = replace(
        wanted,
        organisation_id=record_fields.answering(session, "organisations")(wanted.organisation_id),
        person_id=record_fields.answering(session, "persons")(wanted.person_id),
    )
    tag_ids = tags.rarest_first(session, deals.NOUN, wanted.tags)
    return [] if tag_ids is None else deals.page(session, wanted, tag_ids=tag_ids, after=after, limit=limit)


def find_filtered(
    session: ReadSession, text: str, wanted: DealFilter, *, order: Order, after: tuple[Any, ...] | None, limit: int
) -> list[tuple[tuple[Any, str], Deal]]:
    """Those that a filter lets through, in any order, each with its place in the list. Raises InvalidArgument naming filter."""
    wanted = checked_filter(wanted)
    listing = deal_fields.listing(session)
    node = narrowed(parse(text), "tags", wanted.tags)
    for field, value in (
        ("state", wanted.state),
        ("stage", wanted.stage_id),
        ("organisation", wanted.organisation_id),
        ("person", wanted.person_id),
        ("responsible", wanted.responsible_user_id),
    ):
        node = narrowed(node, field, [value] if value else [])
    found = places(session, listing, record_fields.compiler(session, listing), node, order=order, after=after, limit=limit)
    return deals.filtered(session, found, descending=order.descending)


def update(session: WriteSession, deal_id: str, wanted: Deal, answers: Answers, *, mask: Collection[str], etag: str) -> Deal:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument, Unanswered."""
    before = lock(session, deal_id, etag)
    after = checked_deal(with_changes(before, wanted, mask), default_currency=accounts.get(session).currency)
    after = with_named(after, who_answers.resolved(session, named(before), named(after)))
    changed = changed_fields(before, after)
    if not changed:
        return before
    # Who stands in a list already may have been deleted since; that must not keep others out of it.
    stood = _named(session, before, changed)
    added = {ref: field for ref, field in _named(session, after, changed).items() if ref not in stood}
    references.require(session, added, answers)
    after = keep(session, before, after, history=not _WORTH.isdisjoint(changed))
    who_answers.forget_left(session, f"deals/{after.id}", named(after))
    updated(session, f"deals/{after.id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.deal_updated(session, after, changed)
    return after


def delete(session: WriteSession, deal_id: str, *, etag: str) -> None:
    """Delete the deal with its history. Raises NotFound, Aborted, FailedPrecondition where a project was born from it."""
    deal = lock(session, deal_id, etag)
    if deals.has_projects(session, deal.id):
        raise FailedPrecondition("A project was born from this deal; take the deal off the project first.", reason="DEAL_HAS_PROJECTS")
    deals.delete(session, deal.id)
    who_answers.forget_left(session, f"deals/{deal.id}", [])
    deleted(session, f"deals/{deal.id}", {"name": deal.name})
    published.deal_deleted(session, deal)


def held(session: WriteSession, deal_id: str) -> Deal | None:
    """The deal, its row held until the end of the session."""
    return deals.lock(session, deal_id) if is_id(deal_id) else None


def lock(session: WriteSession, deal_id: str, etag: str) -> Deal:
    """As `held`. Raises NotFound, Aborted."""
    deal = held(session, deal_id)
    if deal is None:
        raise NotFound("The deal does not exist.")
    check_etag(etag, deal.version)
    return deal


def keep(session: WriteSession, before: Deal, after: Deal, *, history: bool) -> Deal:
    """Write the changed deal as its next version; the caller holds the row."""
    after = replace(after, version=before.version + 1, update_time=session.now)
    after = deals.update(session, before, after)
    if history:
        deal_history.append(session, after)
    return after


def stage_of(session: ReadSession, stage_id: str) -> Stage:
    """Raises InvalidArgument naming stage_id."""
    stage = pipelines.stage(session, stage_id) if is_id(stage_id) else None
    if stage is None:
        raise invalid("stage_id", "is not a stage")
    return stage


def _named(session: WriteSession, deal: Deal, changed: Collection[str]) -> dict[str, str]:
    """The records of others that these fields name, but for the caller, who is there."""
    named = {}
    if "organisation_id" in changed and deal.organisation_id:
        named[f"organisations/{deal.organisation_id}"] = "organisation_id"
    if "persons" in changed:
        named |= {f"persons/{person.person_id}": f"persons[{index}].person_id" for index, person in enumerate(deal.persons)}
    if "responsible_user_id" in changed and deal.responsible_user_id not in ("", session.user_id):
        named[f"users/{deal.responsible_user_id}"] = "responsible_user_id"
    return named


def _first_stage(session: WriteSession, wanted: Deal) -> Stage:
    if wanted.stage_id:
        stage = stage_of(session, wanted.stage_id)
        if wanted.pipeline_id not in ("", stage.pipeline_id):
            raise invalid("pipeline_id", "is not the pipeline of the stage")
        return stage
    if not wanted.pipeline_id:
        return pipeline_usecases.default(session).stages[0]
    pipeline = pipelines.get(session, reference(wanted.pipeline_id, field="pipeline_id"))
    if pipeline is None:
        raise invalid("pipeline_id", "is not a pipeline")
    return pipeline.stages[0]
