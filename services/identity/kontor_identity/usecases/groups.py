"""What can happen to a group. A principal carries the groups of its user, so who joins or leaves sees what follows from it when
their present principal ends.

Records name groups by their ids and nobody gets the id of a group that is gone: deleting one can hide records, never open them.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, FailedPrecondition, NotFound, invalid
from kontor_chassis.etags import check_etag
from kontor_chassis.ids import new_id
from kontor_identity.domain.groups import MAX_GROUPS, WRITABLE, Group, changed_fields, checked_group, with_changes
from kontor_identity.events import published
from kontor_identity.store import accounts, groups


def create(session: WriteSession, wanted: Group) -> Group:
    """Raises InvalidArgument, AlreadyExists, FailedPrecondition where there are too many, NotFound where there is no account."""
    group = replace(checked_group(wanted), id=new_id(), version=1, create_time=session.now, update_time=session.now)
    if accounts.get(session) is None:
        raise NotFound("The account does not exist.")
    if groups.count(session) >= MAX_GROUPS:
        raise FailedPrecondition(f"There are {MAX_GROUPS} groups already.", reason="TOO_MANY_GROUPS")
    _check_members(session, wanted, group)
    if not groups.insert(session, group):
        raise _name_is_taken()
    created(session, f"groups/{group.id}", {name: getattr(group, name) for name in sorted(WRITABLE)})
    published.group_created(session, group)
    return group


def get(session: ReadSession, group_id: str) -> Group:
    """Raises NotFound."""
    return _existing(groups.get(session, group_id))


def find(session: ReadSession, *, after: groups.After | None, limit: int) -> Sequence[Group]:
    return groups.page(session, after=after, limit=limit)


def update(session: WriteSession, group_id: str, wanted: Group, *, mask: Collection[str], etag: str) -> Group:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument, AlreadyExists."""
    before = _lock(session, group_id, etag)
    after = checked_group(with_changes(before, wanted, mask))
    changed = changed_fields(before, after)
    if not changed:
        return before
    if "user_ids" in changed:
        _check_members(session, wanted, after)
    if "name" in changed and groups.name_is_taken(session, after):
        raise _name_is_taken()
    after = replace(after, version=before.version + 1, update_time=session.now)
    groups.update(session, before, after)
    updated(session, f"groups/{after.id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.group_updated(session, after)
    return after


def delete(session: WriteSession, group_id: str, *, etag: str) -> None:
    """Raises NotFound, Aborted."""
    group = _lock(session, group_id, etag)
    groups.delete(session, group.id)
    deleted(session, f"groups/{group.id}", {name: getattr(group, name) for name in sorted(WRITABLE)})
    published.group_deleted(session, group)


def _check_members(session: WriteSession, wanted: Group, group: Group) -> None:
    missing = groups.missing_users(session, group.user_ids) if group.user_ids else []
    if missing:
        raise invalid(f"user_ids[{wanted.user_ids.index(missing[0])}]", "there is no such user")


def _lock(session: WriteSession, group_id: str, etag: str) -> Group:
    group = _existing(groups.lock(session, group_id))
    check_etag(etag, group.version)
    return group


def _existing(group: Group | None) -> Group:
    if group is None:
        raise NotFound("The group does not exist.")
    return group


def _name_is_taken() -> AlreadyExists:
    return AlreadyExists("There is another group of this name.", reason="GROUP_EXISTS")
