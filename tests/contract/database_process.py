"""A process that dies in the middle of its work: `python database_process.py URL`. It commits the note "kept", says so, and dies by
SIGKILL in the transaction that writes the note "lost"."""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import sqlalchemy as sa

from kontor_chassis.db.database import Database
from tests.contract.database_harness import ANNA, NOTES, note, sessions_of


def main(url: str) -> None:
    sessions = sessions_of(Database(url, name="chassis"))
    note(sessions, "kept")
    print("kept", flush=True)
    with sessions.write(ANNA) as session:
        session.execute(sa.insert(NOTES).values(account_id="a", id="lost"))
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
