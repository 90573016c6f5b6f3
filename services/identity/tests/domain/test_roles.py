"""Roles (A3): what each may do."""

import importlib.resources

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from kontor.type.v1 import rule_pb2
from kontor_identity.domain import roles


def scopes_of_the_protos() -> set[str]:
    """Every scope that a method which users may call asks for."""
    content = importlib.resources.files("kontor").joinpath("descriptors.binpb").read_bytes()
    files = FileDescriptorSet.FromString(content).file
    rules = [
        method.options.Extensions[rule_pb2.rule]
        for file in files
        if file.package.startswith("kontor.")
        for service in file.service
        for method in service.method
    ]
    return {rule.scope for rule in rules if rule.scope and not rule.internal}


def test_the_table_covers_exactly_the_scopes_that_users_can_need() -> None:
    assert set(roles.LOWEST) == scopes_of_the_protos()


def test_every_scope_names_a_role_that_exists() -> None:
    assert set(roles.LOWEST.values()) <= set(roles.ROLES)


@pytest.mark.parametrize(
    ("verb", "allowed"),
    [
        ("read", {"reader", "restricted", "member", "admin", "owner"}),
        ("self", {"reader", "restricted", "member", "admin", "owner"}),
        ("write", {"restricted", "member", "admin", "owner"}),
        ("delete", {"member", "admin", "owner"}),
        ("admin", {"admin", "owner"}),
    ],
)
def test_the_verb_of_a_scope_says_who_has_it(verb: str, allowed: set[str]) -> None:
    for scope in roles.LOWEST:
        if scope.endswith(f".{verb}"):
            # Watching and being notified is everybody's own affair.
            expected = set(roles.ROLES) if scope == "notify.write" else allowed
            assert {role for role in roles.ROLES if scope in roles.scopes_of(role)} == expected, scope


def test_a_role_of_another_release_may_do_nothing() -> None:
    assert roles.scopes_of("auditor") == frozenset()
    assert roles.narrowed("auditor", ["contacts.read"]) == frozenset()


def test_a_key_never_has_more_than_its_user() -> None:
    assert roles.narrowed("reader", ["contacts.read", "contacts.delete", "identity.admin"]) == {"contacts.read"}
    assert roles.narrowed("reader", []) == roles.scopes_of("reader") - {"identity.self"}
