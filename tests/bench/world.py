"""What the cases know of the data that they ask for."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class World:
    people: int
    # People to read, change and write notes on: some of all, evenly spread.
    person_ids: list[str]
    # Addresses of those of them who have one.
    emails: dict[str, str]
    # The person with the long timeline.
    busy_person_id: str
    # Most frequent first.
    tags: list[str]
    search_terms: list[str]
    # Of the account and its owner.
    account_id: str
    user_id: str
    # Page tokens of the long timeline; empty until somebody walked it.
    timeline_tokens: list[str]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))


def load_world(path: Path) -> World:
    return World(**json.loads(path.read_text()))
