"""Which person stands for which organisation."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.organisations import MainContact
from kontor_contacts.domain.persons import Person
from kontor_contacts.store.tables import CONTACT_POINTS as C
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import visible

_EMAIL = (
    sa.select(C.c.value)
    .where(C.c.account_id == P.c.account_id, C.c.record_id == P.c.id, C.c.medium == "email", C.c.is_primary)
    .correlate(P)
    .scalar_subquery()
)
# An organisation's main contact as a column of its own statement, unless they are hidden; read it with `from_rows`.
COLUMN = children(
    P.c.title, P.c.first_name, P.c.last_name, _EMAIL,
    where=sa.and_(P.c.account_id == O.c.account_id, P.c.id == O.c.main_contact_person_id, visible(P)),
)  # fmt: skip
_STANDS_FOR = (
    sa.select(O.c.id)
    .where(
        O.c.account_id == sa.bindparam("this_account", type_=sa.Text), O.c.main_contact_person_id == sa.bindparam("person", type_=sa.Text)
    )
    .order_by(O.c.id)
)
_WORKS_THERE = sa.exists().where(
    W.c.account_id == O.c.account_id, W.c.organisation_id == O.c.id, W.c.person_id == O.c.main_contact_person_id, W.c.to_date.is_(None)
)
_LEFT = _STANDS_FOR.where(sa.not_(_WORKS_THERE))
_HOLD = _STANDS_FOR.with_for_update()


def from_rows(rows: Sequence[Sequence[Any]]) -> MainContact | None:
    if not rows:
        return None
    title, first_name, last_name, email = rows[0]
    return MainContact(Person(title=title, first_name=first_name, last_name=last_name).display_name, email or "")


def hold(session: WriteSession, person_id: str) -> None:
    """Lock the organisations that a person stands for, until the end of the session. Before the person's own row, because
    whoever deletes or renames an organisation holds its row first, too."""
    session.hold(_HOLD, {"this_account": session.account_id, "person": person_id})


def organisations_of(session: ReadSession, person_id: str) -> list[str]:
    """Ids of the organisations that a person stands for."""
    return list(session.execute(_STANDS_FOR, {"this_account": session.account_id, "person": person_id}).scalars())


def left(session: ReadSession, person_id: str) -> list[str]:
    """Ids of those of them where the person does not work now."""
    return list(session.execute(_LEFT, {"this_account": session.account_id, "person": person_id}).scalars())


def clear(session: WriteSession, organisation_ids: Sequence[str]) -> None:
    """Let nobody stand for these organisations."""
    here = (O.c.account_id == session.account_id, O.c.id.in_(organisation_ids))
    session.execute(sa.update(O).where(*here).values(main_contact_person_id=""))


def hand_over(session: WriteSession, organisation_ids: Sequence[str], person_id: str) -> None:
    """Let another person stand for these organisations."""
    here = (O.c.account_id == session.account_id, O.c.id.in_(organisation_ids))
    session.execute(sa.update(O).where(*here).values(main_contact_person_id=person_id))


def works_at(session: ReadSession, person_id: str, organisation_id: str) -> bool:
    """Whether the person works there now."""
    there = (
        W.c.account_id == session.account_id,
        W.c.person_id == person_id,
        W.c.organisation_id == organisation_id,
        W.c.to_date.is_(None),
    )
    return session.execute(sa.select(W.c.id).where(*there).limit(1)).first() is not None
