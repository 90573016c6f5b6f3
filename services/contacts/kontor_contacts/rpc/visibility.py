"""Who may see a record, between proto and domain."""

from collections.abc import Collection
from typing import Any

from kontor.contacts.v1 import visibility_pb2 as pb
from kontor_chassis.errors import invalid
from kontor_contacts.domain.visibility import EVERYONE, Visibility


def visibility_from(message: Any) -> Visibility:
    """Of a Person or an Organisation. Whoever wants to limit a record and names nobody is refused, rather than it being opened to
    everyone. Raises InvalidArgument naming the field."""
    if not message.HasField("visibility"):
        return EVERYONE
    asked = message.visibility
    visibility = Visibility(tuple(asked.group_ids), tuple(asked.user_ids))
    match asked.mode:
        case pb.VISIBILITY_MODE_EVERYONE:
            if visibility.is_limited:
                raise invalid("visibility.mode", "must be limited where somebody is named")
        case pb.VISIBILITY_MODE_LIMITED:
            if not visibility.is_limited:
                raise invalid("visibility", "must name a group or a user")
        case _:
            raise invalid("visibility.mode", "must be one of everyone, limited")
    return visibility


def check_given(message: Any, mask: Collection[str]) -> None:
    """Null opens nothing: whoever wants everyone to see a record says so. Raises InvalidArgument naming visibility."""
    if "visibility" in mask and not message.HasField("visibility"):
        raise invalid("visibility", 'must not be null; {"mode": "everyone"} opens the record to everyone')


def visibility_to(visibility: Visibility) -> pb.Visibility:
    mode = pb.VISIBILITY_MODE_LIMITED if visibility.is_limited else pb.VISIBILITY_MODE_EVERYONE
    return pb.Visibility(mode=mode, group_ids=visibility.group_ids, user_ids=visibility.user_ids)
