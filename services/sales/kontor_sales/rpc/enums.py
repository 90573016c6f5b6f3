"""Between the enums of the protos and the words that sales uses."""

from typing import Any

from kontor_chassis.errors import invalid


class Words:
    """The values of one enum as lower-case words without their prefix; the unspecified value is `default`."""

    def __init__(self, enum: Any, *, prefix: str, default: str) -> None:
        self._words: dict[int, str] = {number: name.removeprefix(prefix).lower() for name, number in enum.items() if number}
        self._numbers = {word: number for number, word in self._words.items()}
        self._default = default

    def word(self, number: int, *, field: str) -> str:
        """Raises InvalidArgument naming `field` for a number that this release does not know."""
        if number == 0:
            return self._default
        if number not in self._words:
            raise invalid(field, "is not a known value")
        return self._words[number]

    def number(self, word: str) -> Any:
        return self._numbers[word]
