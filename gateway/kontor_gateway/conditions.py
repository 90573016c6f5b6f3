"""Entity tags and the headers that make a request conditional (RFC 9110 sections 8.8.3 and 13.1)."""

import re

from kontor_chassis.errors import Aborted, invalid

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(rf"(?:{_TAG.pattern})(?:[ \t]*,[ \t]*(?:{_TAG.pattern}))*")


def quoted(etag: str) -> str:
    """The value of the header ETag."""
    return f'"{etag}"'


def expected_etag(if_match: str) -> str:
    """The etag that If-Match asks for; empty for `*`, which any version satisfies.

    Raises InvalidArgument where it is anything but one entity tag, and Aborted for a weak or an empty one, which never match.
    """
    if if_match == "*":
        return ""
    match = _TAG.fullmatch(if_match)
    if match is None:
        raise invalid("If-Match", 'must be one entity tag in double quotes, such as "3", or *')
    if match[1]:
        raise Aborted("A weak entity tag never matches.")
    if not match[2]:
        raise Aborted("No version has an empty entity tag.")
    return match[2]


def none_match_tags(if_none_match: str) -> list[str]:
    """The entity tags of If-None-Match, weak ones too; `*` stays as it is; nothing where the header is malformed."""
    if if_none_match == "*":
        return ["*"]
    if not _LIST.fullmatch(if_none_match):
        return []
    return [match[2] for match in _TAG.finditer(if_none_match)]


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has this version already, so that 304 is the answer."""
    if not if_none_match or not etag:
        return False
    tags = none_match_tags(if_none_match)
    return etag in tags or tags == ["*"]
