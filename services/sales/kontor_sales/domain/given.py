"""Whom a deal or project was given, and whom it names now that some of them were found to be one (FEATURES B15).

Nothing that was given is forgotten while the record names the one who stands for it: roles and places come back with an undone merge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Named:
    """Somebody in a record's list, with the role there."""

    # `persons/…` or `organisations/…`.
    ref: str
    role: str = ""


@dataclass(frozen=True)
class Given:
    """Somebody in the list as it was given, kept where the list names another one, or one for several."""

    ref: str
    shown_as: str
    # Among all that were given.
    place: int
    role: str = ""


def as_given(named: Sequence[Named], kept: Sequence[Given]) -> list[Named]:
    """The list as it was given, with what became of it since: a role is that of the one who is shown, who left the list is gone."""
    whole: list[Named] = []
    hidden: list[Given] = []
    for item in named:
        behind = [given for given in kept if given.shown_as == item.ref]
        if behind:
            shown = _shown(behind, item.ref)
            hidden += [given for given in behind if given != shown]
            whole.append(Named(shown.ref, item.role))
        else:
            whole.append(item)
    for given in sorted(hidden, key=lambda item: item.place):
        whole.insert(given.place, Named(given.ref, given.role))
    return whole


def as_named(whole: Sequence[Named], roots: Mapping[str, str]) -> tuple[list[Named], list[Given]]:
    """Each once under the name of who answers for it, with the survivor's own role and place if there is one; and what is to be kept."""
    behind: dict[str, list[Given]] = {}
    for place, item in enumerate(whole):
        root = roots[item.ref]
        behind.setdefault(root, []).append(Given(item.ref, root, place, item.role))
    shown = sorted((_shown(items, root) for root, items in behind.items()), key=lambda item: item.place)
    kept = [given for root, items in behind.items() for given in items if [item.ref for item in items] != [root]]
    return [Named(given.shown_as, given.role) for given in shown], kept


def newly_named(before: Sequence[Named], after: Sequence[Named], roots: Mapping[str, str]) -> list[Named]:
    """The wanted list, with who answers for those that did not stand in it before; each once."""
    stood = {item.ref for item in before}
    once: dict[str, Named] = {}
    for item in after:
        resolved = item if item.ref in stood else replace(item, ref=roots.get(item.ref, item.ref))
        once.setdefault(resolved.ref, resolved)
    return list(once.values())


def _shown(items: Sequence[Given], root: str) -> Given:
    """Whose role and place count: the survivor's own, else the first one's."""
    return min(items, key=lambda item: (item.ref != root, item.place))
