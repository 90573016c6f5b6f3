"""What can happen to a calendar feed. Everybody sees and changes their own only."""

from collections.abc import Sequence
from dataclasses import replace

from kontor_chassis.audit import created
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import FailedPrecondition, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.text import clean_line
from kontor_identity.domain import tokens
from kontor_identity.domain.calendar_feeds import MAX_PER_USER, SCOPE, CalendarFeed
from kontor_identity.store import calendar_feeds, credentials
from kontor_identity.usecases import users


def create(session: WriteSession, wanted: CalendarFeed) -> tuple[CalendarFeed, str]:
    """The feed and its secret, which nobody can find out again. Raises InvalidArgument, PermissionDenied, FailedPrecondition,
    NotFound."""
    _check_scope(session)
    user = users.lock(session, session.user_id)
    if credentials.count(session, "calendar-feeds", user.id) >= MAX_PER_USER:
        raise FailedPrecondition(f"Nobody can have more than {MAX_PER_USER} feeds; delete some.", reason="TOO_MANY_CALENDAR_FEEDS")
    name = clean_line(wanted.name, field="name")
    feed = replace(wanted, id=new_id(), user_id=user.id, name=name, create_time=session.now)
    secret = tokens.new_token(tokens.FEED)
    calendar_feeds.insert(session, feed, tokens.hash_of(secret))
    created(session, f"calendar-feeds/{feed.id}", {"name": feed.name})
    return feed, secret


def find(session: ReadSession, *, after: str | None, limit: int) -> Sequence[CalendarFeed]:
    return calendar_feeds.page(session, after=after, limit=limit)


def rotate(session: WriteSession, feed_id: str) -> tuple[CalendarFeed, str]:
    """The feed and its new secret; the old one opens nothing any more. Raises NotFound, PermissionDenied."""
    _check_scope(session)
    feed = calendar_feeds.lock(session, feed_id)
    if feed is None:
        raise NotFound("The calendar feed does not exist.")
    secret = tokens.new_token(tokens.FEED)
    calendar_feeds.rotate(session, feed_id, tokens.hash_of(secret))
    session.audit(f"calendar-feeds/{feed_id}", "rotate")
    return feed, secret


def delete(session: WriteSession, feed_id: str) -> None:
    """Raises NotFound."""
    if not credentials.delete(session, "calendar-feeds", feed_id):
        raise NotFound("The calendar feed does not exist.")
    session.audit(f"calendar-feeds/{feed_id}", "delete")


def _check_scope(session: WriteSession) -> None:
    """A key that may not read the calendar must not make itself a feed that may."""
    if SCOPE not in session.principal.scopes:
        raise PermissionDenied(f"This needs the scope {SCOPE}.", reason="SCOPE_MISSING", detail={"scope": SCOPE})
