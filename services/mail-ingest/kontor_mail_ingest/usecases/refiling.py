"""An address has become a person's: mails to which it was unknown are filed at that person (E4, E6)."""

from kontor_chassis.db.sessions import WriteSession
from kontor_mail_ingest.domain.filing import File, Filing
from kontor_mail_ingest.events import published
from kontor_mail_ingest.events.published import Facts
from kontor_mail_ingest.store import backlog, refilings, unknown_addresses
from kontor_mail_ingest.store.messages import COPY, FILED, TRAY
from kontor_mail_ingest.store.refilings import Settled
from kontor_mail_ingest.store.tables import MERGES
from kontor_mail_ingest.usecases.filing import look_up


def refile(session: WriteSession, message_id: str) -> list[str]:
    """File the message at everybody whose address was unknown before, by the rules and with the announcement of its arrival.

    Who it is filed at already stays. Nothing happens where nobody is new. Answers the ids of the people whose watchers are to be
    told of it: those who are new, but of a mail that a program has sent nobody.
    """
    held = refilings.lock(session, message_id)
    if held is None:
        return []
    known = look_up(session, unknown_addresses.of_message(session, message_id))
    decision = known.decide(held.mail)
    if not isinstance(decision, File):
        return []
    unknown_addresses.forget(session, message_id, list(known.persons))
    if held.state == TRAY and held.copy_key:
        original_id = backlog.original(session, held.copy_key, FILED, message_id)
        if original_id != message_id:
            _become_copy(session, message_id, held, original_id)
            return []
    before = refilings.filed_at(session, message_id)
    there = set(MERGES.roots(session, before).values())
    new = [filing for filing in decision.filings if filing.person_id not in there]
    if new:
        _file(session, message_id, held, before, new)
    return [] if held.automatic else [filing.person_id for filing in new]


def _file(session: WriteSession, message_id: str, held: Settled, before: list[str], new: list[Filing]) -> None:
    version = held.version + 1
    was = [f"persons/{person_id}" for person_id in before]
    subjects = was + [f"persons/{filing.person_id}" for filing in new]
    backlog.settle(session, message_id, {"version": version, "state": FILED, "tray_reason": ""})
    backlog.add_filings(session, message_id, new, first_place=len(before))
    state = {"state": (held.state, FILED)} if held.state != FILED else {}
    session.audit(f"messages/{message_id}", "update", {**state, "subjects": (was or None, subjects)})
    facts = Facts(message_id, version, held.depositor_user_id, held.receive_time, held.automatic, held.mail)
    published.message_filed(session, facts, subjects, waited=True)


def _become_copy(session: WriteSession, message_id: str, held: Settled, original_id: str) -> None:
    """It was deposited anew meanwhile, and filed."""
    backlog.settle(session, message_id, {"version": held.version + 1, "state": COPY, "tray_reason": "", "original_id": original_id})
    backlog.move_depositors(session, message_id, original_id)
    refilings.move_copies(session, message_id, original_id)
    unknown_addresses.forget(session, message_id, unknown_addresses.of_message(session, message_id))
    session.audit(f"messages/{message_id}", "update", {"state": (held.state, COPY), "original_id": (None, original_id)})
