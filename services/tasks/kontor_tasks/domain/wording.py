"""What this service says to people, in the languages that accounts have."""

from collections.abc import Mapping
from typing import Any

DEFAULT_LOCALE = "de"

_KINDS = {
    "de": {
        "task": "Aufgabe",
        "call": "Anruf",
        "email": "E-Mail",
        "meeting": "Besprechung",
        "visit": "Besuch",
        "letter": "Brief",
        "offer": "Angebot",
        "preparation": "Vorbereitung",
    },
    "en": {
        "task": "Task",
        "call": "Call",
        "email": "E-mail",
        "meeting": "Meeting",
        "visit": "Visit",
        "letter": "Letter",
        "offer": "Offer",
        "preparation": "Preparation",
    },
}
_MILESTONES = {
    "de": {
        "deal_moved": "{deal}: {from_stage} → {stage}",
        "deal_won": "Gewonnen: {deal}",
        "deal_lost": "Verloren: {deal}",
        "deal_reopened": "Wieder offen: {deal}",
        "employer_changed": "{person} wechselt von {from} zu {to}",
        "employer_begun": "{person} beginnt bei {to}",
        "employer_left": "{person} verlässt {from}",
        "project_begun": "Projekt begonnen: {project}",
    },
    "en": {
        "deal_moved": "{deal}: {from_stage} → {stage}",
        "deal_won": "Won: {deal}",
        "deal_lost": "Lost: {deal}",
        "deal_reopened": "Open again: {deal}",
        "employer_changed": "{person} moves from {from} to {to}",
        "employer_begun": "{person} starts at {to}",
        "employer_left": "{person} leaves {from}",
        "project_begun": "Project started: {project}",
    },
}
_CALENDAR = {"de": "Kontor: Aufgaben", "en": "Kontor: tasks"}


def kind_name(kind: str, locale: str) -> str:
    """The kind of a task: `Anruf`."""
    return _of(_KINDS, locale)[kind]


def milestone_title(facts: Mapping[str, Any], locale: str) -> str:
    """`facts` has `what` and the words that its sentence needs."""
    return _of(_MILESTONES, locale)[facts["what"]].format_map(facts)


def calendar_name(locale: str) -> str:
    return _CALENDAR.get(locale, _CALENDAR[DEFAULT_LOCALE])


def _of(words: Mapping[str, Mapping[str, str]], locale: str) -> Mapping[str, str]:
    return words.get(locale, words[DEFAULT_LOCALE])
