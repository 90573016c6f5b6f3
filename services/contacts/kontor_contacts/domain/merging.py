"""Two records that are one, field by field: what the survivor has then, and what is whose again when that is undone.

Lists are united without doubles; of what a record has one of, the survivor's value stays unless it is empty or the duplicate's is
chosen. Undoing compares three states of the survivor, before and after the merge and now: what is as the merge left it goes back, what
was changed or added since stays. Where nothing is left of what the merge put in place of the survivor's own, that comes back. The
duplicate needs no comparing: it becomes what it was.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import invalid
from kontor_chassis.text import TEXT, fold
from kontor_contacts.domain.assistants import MAX_ASSISTANTS
from kontor_contacts.domain.contact_points import MAX_PER_MEDIUM, MEDIA
from kontor_contacts.domain.custom_values import PREFIX
from kontor_contacts.domain.dates import BIRTHDAY, MAX_DATES
from kontor_contacts.domain.tags import MAX_TAGS, tag_key
from kontor_contacts.domain.visibility import Visibility

SURVIVOR, DUPLICATE, BOTH = "survivor", "duplicate", "both"
BACKGROUND = "background"
VISIBILITY = "visibility"
# By the fields' names.
Values = Mapping[str, Any]
Choices = Mapping[str, str]

# By what two items of a list are one.
_KEYS: Mapping[str, Callable[[Any], Hashable]] = {
    "emails": lambda item: normalise_email(item.address) or item.address,
    "phones": lambda item: item.e164 or "".join(item.number.split()),
    "addresses": lambda item: (fold(item.street), item.postcode, fold(item.city), fold(item.region), item.country),
    "webs": lambda item: item.url.rstrip("/").casefold(),
    "messengers": lambda item: (item.service, item.handle.casefold()),
    # There is one birthday.
    "dates": lambda item: item.kind if item.kind == BIRTHDAY else (item.kind, item.label.casefold(), item.iso),
    "assistants": lambda item: (fold(item.name), "".join(item.phone.split()), item.email.casefold()),
    "tags": tag_key,
    "relationships": str,
}
# The lists that are kept sorted.
_SORTED: Mapping[str, Callable[[Any], Any]] = {"tags": str.casefold, "relationships": str}
_MOST = {**dict.fromkeys(MEDIA, MAX_PER_MEDIUM), "dates": MAX_DATES, "assistants": MAX_ASSISTANTS, "tags": MAX_TAGS}
LISTS = frozenset(_KEYS)
# To be seen by everyone, or the uppermost: that is somebody's work as well.
_EMPTY_SAYS_SOMETHING = frozenset({VISIBILITY, "parent_id"})


def check_choices(chosen: Choices, choosable: Collection[str]) -> None:
    """`choosable` are the names of the fields that have one value. Raises InvalidArgument naming `fields.<name>`."""
    for name, choice in chosen.items():
        where = f"fields.{name[:60]}"
        if name in LISTS:
            raise invalid(where, "is a list: what both have is united, there is nothing to choose")
        if name not in choosable:
            raise invalid(where, "is not a field that can be chosen")
        if choice not in (SURVIVOR, DUPLICATE, BOTH):
            raise invalid(where, f"must be one of {SURVIVOR}, {DUPLICATE}")
        if choice == BOTH and name != BACKGROUND:
            raise invalid(where, "has one value; only of the background both can be kept")


def merged(survivor: Values, duplicate: Values, chosen: Choices) -> dict[str, Any]:
    """What the survivor has after the merge. Raises InvalidArgument naming the field that would hold too much."""
    _check_visibility(survivor.get(VISIBILITY), duplicate.get(VISIBILITY), chosen)
    names = dict.fromkeys((*survivor, *duplicate))
    values = {name: _merged(name, survivor.get(name), duplicate.get(name), chosen) for name in names}
    for name, value in values.items():
        if name in _MOST and len(value) > _MOST[name]:
            raise invalid(name, f"the two have {len(value)} together, and {_MOST[name]} are possible; take some away first")
    if len(values.get(BACKGROUND, "")) > TEXT:
        raise invalid(BACKGROUND, f"the two are longer than {TEXT} characters together; choose one of them")
    return values


def parted(before: Values, duplicate: Values, after: Values, now: Values, *, more: bool = False) -> dict[str, Any]:
    """What the survivor has when the merge is undone: `before` and `after` it, and `now`. Where anything stays that it did not have before,
    it may be the duplicate's: nobody sees the survivor then who does not see it now. `more`: something stays that is none of the values."""
    names = dict.fromkeys((*before, *after, *now))
    values = {name: _parted(name, before.get(name), duplicate.get(name), after.get(name), now.get(name)) for name in names}
    present = now.get(VISIBILITY)
    if present is not None and values[VISIBILITY].is_wider_than(present):
        rest = values.keys() - {VISIBILITY}
        if more or any(_adds(name, before.get(name), values[name]) for name in rest):
            values[VISIBILITY] = present
    return values


def _adds(name: str, before: Any, after: Any) -> bool:
    """Whether there is something that was not there before."""
    if not is_list(name, before, after):
        return after != before and after not in (None, "")
    had = [_plain(item) for item in before or ()]
    return any(_plain(item) not in had for item in after or ())


def _check_visibility(ours: Visibility | None, theirs: Visibility | None, chosen: Choices) -> None:
    """Some may see one and some the other: who may see what both have then is not for us to guess."""
    if VISIBILITY in chosen or ours is None or theirs is None or ours == theirs:
        return
    if ours.is_limited and theirs.is_limited:
        detail = f"must be {SURVIVOR} or {DUPLICATE}: the two are limited to different people, and who sees it then sees what both have"
        raise invalid(f"fields.{VISIBILITY}", detail)


def is_list(name: str, *values: Any) -> bool:
    """Of custom fields the value tells it, which is a tuple where several choices are possible."""
    return name in LISTS or (name.startswith(PREFIX) and any(isinstance(value, tuple) for value in values))


def _merged(name: str, ours: Any, theirs: Any, chosen: Choices) -> Any:
    if is_list(name, ours, theirs):
        return _united(name, ours or (), theirs or (), chosen)
    if name == BACKGROUND and chosen.get(name, BOTH) == BOTH:
        return _both(ours, theirs)
    if name in chosen:
        return theirs if chosen[name] == DUPLICATE else ours
    if name == VISIBILITY and ours is not None and not ours.is_limited:
        # What was limited must not be seen by everyone because it was merged.
        return theirs
    return theirs if _is_empty(name, ours) else ours


def _parted(name: str, before: Any, duplicate: Any, after: Any, now: Any) -> Any:
    if now == after:
        return before
    if is_list(name, before, duplicate, after, now):
        return _divided(name, before or (), after or (), now or ())
    if name == BACKGROUND and after in (_both(before, duplicate), duplicate):
        return _without(before, after, now)
    # Whoever cleared the duplicate's value has not taken away the one that the merge had replaced by it.
    replaced = name not in _EMPTY_SAYS_SOMETHING and before != after and not _is_empty(name, before)
    return before if replaced and _is_empty(name, now) else now


def _is_empty(name: str, value: Any) -> bool:
    """0 and no are values of a custom field."""
    return value is None if name.startswith(PREFIX) else not value


# Lists ------------------------------------------------------------------------------------------------------------------------


def _united(name: str, ours: Sequence[Any], theirs: Sequence[Any], chosen: Choices) -> tuple[Any, ...]:
    """Ours as they are, then theirs that we do not have; the primary one stays ours."""
    key = _KEYS.get(name, _itself)
    known = {key(item) for item in ours}
    new = [item for item in theirs if key(item) not in known]
    if ours and _has_primary(name):
        new = [replace(item, primary=False) for item in new]
    kept = list(ours)
    if name == "dates" and chosen.get(BIRTHDAY) == DUPLICATE:
        kept = _with_birthday(kept, next((item for item in theirs if item.kind == BIRTHDAY), None))
    return _arranged(name, [*kept, *new])


def _with_birthday(ours: Sequence[Any], theirs: Any) -> list[Any]:
    """In its place."""
    chosen = [theirs] if theirs else []
    return [new for item in ours for new in (chosen if item.kind == BIRTHDAY else [item])]


def _divided(name: str, before: Sequence[Any], after: Sequence[Any], now: Sequence[Any]) -> tuple[Any, ...]:
    """Of the present items those that are not the duplicate's. An item that was changed since is nobody's but the survivor's."""
    had, left = _numbered(name, before), _numbered(name, after)
    present = _numbered(name, now)
    kept: list[Any] = []
    for key, item in present.items():
        as_left = key in left and _plain(item) == _plain(left[key])
        if key in had and as_left:
            kept.append(_marked_as(item, had[key]))
        elif not as_left:
            kept.append(item)
    # What was chosen away, and is not there now because the merge took it.
    back = [item for key, item in had.items() if key not in present and _plain(left.get(key)) != _plain(item)]
    return _arranged(name, _with_primary(name, [*kept, *back], before))


def _numbered(name: str, items: Iterable[Any]) -> dict[Hashable, Any]:
    """By key; where a record has an item twice, the second one is another."""
    key = _KEYS.get(name, _itself)
    numbered: dict[Hashable, Any] = {}
    for item in items:
        number = 0
        while (key(item), number) in numbered:
            number += 1
        numbered[(key(item), number)] = item
    return numbered


def _with_primary(name: str, items: Sequence[Any], before: Sequence[Any]) -> list[Any]:
    """One is primary: the one that is, else the one that was, else the first."""
    if not items or not _has_primary(name) or any(item.primary for item in items):
        return list(items)
    was = {_plain(item) for item in before if item.primary}
    chosen = next((place for place, item in enumerate(items) if item in was), 0)
    return [replace(item, primary=True) if place == chosen else item for place, item in enumerate(items)]


def _has_primary(name: str) -> bool:
    return name in MEDIA


def _plain(item: Any) -> Any:
    """Without the mark of the primary one, which moves when another item gets it."""
    return replace(item, primary=False) if hasattr(item, "primary") else item


def _marked_as(item: Any, had: Any) -> Any:
    return replace(had, primary=item.primary) if hasattr(had, "primary") else had


def _arranged(name: str, items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(items, key=_SORTED[name])) if name in _SORTED else tuple(items)


def _itself(item: Any) -> Hashable:
    key: Hashable = item
    return key


# The background ---------------------------------------------------------------------------------------------------------------


def _both(ours: str | None, theirs: str | None) -> str:
    return "\n\n".join(dict.fromkeys(text for text in (ours, theirs) if text))


def _without(before: str, after: str, now: str) -> str:
    """The text without the duplicate's, where lines were added before or behind what the merge left; where that was rewritten, or it is
    too long then, all of it."""
    found = now
    if not after or (not now and before not in after):
        found = _both(before, now)
    elif now.startswith(f"{after}\n"):
        found = (before + now[len(after) :]).strip()
    elif now.endswith(f"\n{after}"):
        found = (now[: -len(after)] + before).strip()
    return found if len(found) <= TEXT else now
