"""What can happen to a segment, and what it means for a list."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, invalid
from kontor_chassis.etags import check_etag
from kontor_chassis.filters.grammar import parse
from kontor_chassis.filters.order import Order, parse_order
from kontor_chassis.filters.tree import And, Node
from kontor_chassis.ids import new_id
from kontor_contacts.domain.segments import WRITABLE, Segment, changed_names, checked_segment, with_changes
from kontor_contacts.store import accounts, custom_columns, lists, organisation_fields, person_fields, segments

_LISTINGS = {person_fields.NOUN: person_fields, organisation_fields.NOUN: organisation_fields}


def create(session: WriteSession, wanted: Segment) -> Segment:
    """Raises InvalidArgument, AlreadyExists."""
    segment = replace(checked_segment(wanted), id=new_id(), version=1, create_time=session.now, update_time=session.now)
    segment = replace(segment, creator_user_id=session.user_id)
    check_usable(session, segment)
    if not segments.insert(session, segment):
        raise _name_is_taken()
    created(session, f"segments/{segment.id}", {"record_kind": segment.noun, **{name: getattr(segment, name) for name in sorted(WRITABLE)}})
    return segment


def get(session: ReadSession, segment_id: str) -> Segment:
    """With its fault, where it has one. Raises NotFound."""
    segment = segments.get(session, segment_id)
    if segment is None:
        raise NotFound("The segment does not exist.")
    return with_fault(session, segment)


def find(session: ReadSession, *, noun: str, after: tuple[str, str] | None, limit: int) -> Sequence[Segment]:
    """By name, each with its fault, where it has one."""
    return [with_fault(session, segment) for segment in segments.page(session, noun=noun, after=after, limit=limit)]


def update(session: WriteSession, segment_id: str, wanted: Segment, *, mask: Collection[str], etag: str) -> Segment:
    """Set what is in `mask`. A broken segment can be renamed. Raises NotFound, Aborted, InvalidArgument, AlreadyExists."""
    before = _lock(session, segment_id, etag)
    if "record_kind" in mask and wanted.noun != before.noun:
        raise invalid("record_kind", "cannot be changed")
    after = checked_segment(with_changes(before, wanted, mask))
    changed = changed_names(before, after)
    if not changed:
        return with_fault(session, before)
    if {"filter", "order_by"} & set(changed):
        check_usable(session, after)
    if "name" in changed and segments.name_is_taken(session, after):
        raise _name_is_taken()
    after = replace(after, version=before.version + 1, update_time=session.now)
    segments.update(session, after)
    updated(session, f"segments/{after.id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
    return with_fault(session, after)


def delete(session: WriteSession, segment_id: str, *, etag: str) -> None:
    """Raises NotFound, Aborted."""
    segment = _lock(session, segment_id, etag)
    segments.delete(session, segment.id)
    deleted(session, f"segments/{segment.id}", {"name": segment.name, "filter": segment.filter})


def for_list(session: ReadSession, noun: str, segment_id: str) -> Segment | None:
    """The segment that narrows a list; None where none is asked for. Raises InvalidArgument naming segment, and
    FailedPrecondition where it is broken."""
    if not segment_id:
        return None
    segment = segments.get(session, segment_id)
    if segment is None:
        raise invalid("segment", "there is no such segment")
    if segment.noun != noun:
        raise invalid("segment", f"is a segment of {segment.noun}")
    fault = with_fault(session, segment).fault
    if fault:
        raise FailedPrecondition(
            f'The segment "{segment.name}" cannot be used: {fault}', reason="SEGMENT_BROKEN", detail={"segment": segment.id}
        )
    return segment


def narrowed_by(segment: Segment | None, node: Node) -> Node:
    """What fulfils the segment and the node. Conjunctions are joined, so that a list can begin with the rarest of all conditions."""
    if segment is None:
        return node
    parts = (parse(segment.filter), node)
    return And(tuple(term for part in parts for term in (part.terms if isinstance(part, And) else (part,))))


def check_usable(session: ReadSession, segment: Segment) -> None:
    """Raises InvalidArgument naming filter, with the position, or order_by."""
    fields = _LISTINGS[segment.noun]
    home = accounts.home(session)
    node = parse(segment.filter)
    listing = custom_columns.with_custom(session, fields.listing(session, home), segment.noun, node)
    lists.compiler(session, listing, home).condition(node)
    order = parse_order(segment.order_by, fields=fields.ORDERS, default=Order(fields.BY_NAME))
    custom_columns.sorting(session, segment.noun, order)


def with_fault(session: ReadSession, segment: Segment) -> Segment:
    try:
        check_usable(session, segment)
    except InvalidArgument as error:
        return replace(segment, fault=error.message)
    return segment


def _lock(session: WriteSession, segment_id: str, etag: str) -> Segment:
    segment = segments.lock(session, segment_id)
    if segment is None:
        raise NotFound("The segment does not exist.")
    check_etag(etag, segment.version)
    return segment


def _name_is_taken() -> AlreadyExists:
    return AlreadyExists("There is another segment of this name.", reason="SEGMENT_EXISTS")
