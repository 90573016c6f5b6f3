"""What a task or an entry may hang on: a resource name of one of four nouns."""

from kontor_chassis.errors import invalid
from kontor_chassis.ids import is_id, parse_ref

NOUNS = frozenset({"persons", "organisations", "deals", "projects"})


def checked_subject(ref: str, *, field: str = "subject", required: bool = False) -> str:
    """The name as it is. Its form is checked, not whether the record exists: that only its owner knows.

    Raises InvalidArgument naming `field`.
    """
    if not ref and required:
        raise invalid(field, "must not be empty")
    if ref:
        parse_ref(ref, field=field, nouns=NOUNS)
    return ref


def checked_user_id(user_id: str, *, field: str) -> str:
    """The id as it is; raises InvalidArgument naming `field` where it has not the form of one."""
    if not is_id(user_id):
        raise invalid(field, "must be the id of a user")
    return user_id


def is_subject(ref: str) -> bool:
    """Whether something may hang on this; for names in events, where a newer release may name further nouns."""
    noun, _, record_id = ref.partition("/")
    return noun in NOUNS and is_id(record_id)
