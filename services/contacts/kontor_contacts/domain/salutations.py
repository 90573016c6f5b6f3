"""How a letter to a person begins, formally and informally, in German and English (DIN 5008: only the highest title is written)."""

import re
from dataclasses import dataclass

# The title of a letter, by what the title before the name holds.
_PROFESSOR = re.compile(r"\bprof", re.IGNORECASE)
_DOCTOR = re.compile(r"\b(dr|ph\.?d|doktor|doctor)", re.IGNORECASE)


@dataclass(frozen=True)
class LetterSalutation:
    formal: str
    informal: str


@dataclass(frozen=True)
class Addressee:
    first_name: str
    last_name: str
    title: str = ""
    # `female`, `male`, `diverse`, or empty where it is not known.
    gender: str = ""


def letter_salutation(person: Addressee, *, language: str) -> LetterSalutation:
    """`language` is a BCP 47 code; everything but German is written to in English."""
    write = _german if language.lower().split("-")[0] == "de" else _english
    return write(person)


def _german(person: Addressee) -> LetterSalutation:
    title = _title(person.title, professor="Prof.", doctor="Dr.")
    match person.gender:
        case "female":
            formal = _words("Sehr geehrte Frau", title, person.last_name)
            return LetterSalutation(formal, _informal(person, "Liebe", _words("Liebe Frau", title, person.last_name)))
        case "male":
            formal = _words("Sehr geehrter Herr", title, person.last_name)
            return LetterSalutation(formal, _informal(person, "Lieber", _words("Lieber Herr", title, person.last_name)))
        case _:
            # Who is neither, or not known, is greeted by the whole name.
            formal = _words("Guten Tag", title, person.first_name, person.last_name)
            return LetterSalutation(formal, _informal(person, "Hallo", _words("Hallo", title, person.last_name)))


def _english(person: Addressee) -> LetterSalutation:
    title = _title(person.title, professor="Professor", doctor="Dr")
    if not title:
        title = {"female": "Ms", "male": "Mr"}.get(person.gender, "")
    name = (person.last_name,) if title else (person.first_name, person.last_name)
    formal = _words("Dear", title, *name)
    return LetterSalutation(formal, _informal(person, "Dear", formal))


def _informal(person: Addressee, greeting: str, without_first_name: str) -> str:
    return _words(greeting, person.first_name) if person.first_name else without_first_name


def _title(title: str, *, professor: str, doctor: str) -> str:
    """The one that a letter names."""
    if _PROFESSOR.search(title):
        return professor
    return doctor if _DOCTOR.search(title) else ""


def _words(*parts: str) -> str:
    return " ".join(part for part in parts if part)
