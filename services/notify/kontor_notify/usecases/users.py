"""What notify keeps of users."""

from datetime import datetime

from kontor_chassis.db.sessions import WriteSession
from kontor_notify.domain.users import after
from kontor_notify.store import notifications, users


def keep(session: WriteSession, user_id: str, *, active: bool, time: datetime, sequence: int) -> None:
    """A deactivated user gets nothing: what they were told of later things, because this was not heard of yet, is taken back."""
    known = users.get(session, user_id)
    presence = after(known, sequence=sequence, active=active, time=time)
    if presence == known:
        return
    users.put(session, user_id, presence)
    if presence.inactive_time is not None:
        notifications.withdraw(session, user_id, since=presence.inactive_time)
