"""Signed principals: who may speak for whom, and for how long."""

from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from kontor_chassis.errors import Unauthenticated
from kontor_chassis.principal import Keyring, Principal, service_principal, write_keys

ANNA = Principal(account_id="a", user_id="u", role="member", scopes=frozenset({"contacts.read"}), groups=frozenset({"g"}))


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    write_keys(tmp_path, ["identity", "search"])
    return Keyring(tmp_path, service_scopes={"search": ["documents.read"]})


def test_what_identity_signs_is_verified_unchanged(keyring: Keyring) -> None:
    assert keyring.verify(keyring.sign(ANNA, issuer="identity")) == ANNA


def test_the_api_key_that_somebody_acts_by_is_told_with_them(keyring: Keyring) -> None:
    by_key = replace(ANNA, api_key_id="k", api_key_name="Rechnungslauf")
    assert keyring.verify(keyring.sign(by_key, issuer="identity")) == by_key
    assert (ANNA.means, by_key.means, service_principal("search").means) == ("user", "key", "search")


def test_a_service_speaks_for_itself_only(keyring: Keyring) -> None:
    own = service_principal("search", account_id="a", scopes=["documents.read"])
    assert keyring.verify(keyring.sign(own, issuer="search")) == own
    for forged in (
        ANNA,
        service_principal("contacts", scopes=["documents.read"]),
        service_principal("search", scopes=["documents.read", "accounts.admin"]),
        replace(own, role="owner"),
        replace(own, api_key_id="k"),
    ):
        with pytest.raises(Unauthenticated):
            keyring.verify(keyring.sign(forged, issuer="search"))


def test_an_expired_token_is_refused_even_where_it_was_verified_before(tmp_path: Path) -> None:
    now = 1_000_000.0
    write_keys(tmp_path, ["identity"])
    keyring = Keyring(tmp_path, now=lambda: now)
    token = keyring.sign(ANNA, issuer="identity", lifetime=60)
    assert keyring.verify(token) == ANNA
    now += 59.5
    assert keyring.verify(token) == ANNA
    now += 1
    with pytest.raises(Unauthenticated):
        keyring.verify(token)


def test_foreign_and_broken_tokens_are_refused(keyring: Keyring, tmp_path: Path) -> None:
    write_keys(tmp_path / "other", ["identity"])
    token = keyring.sign(ANNA, issuer="identity")
    header, payload, signature = token.split(".")
    unsigned = jwt.encode({"iss": "identity", "exp": 9e9}, "", algorithm="none", headers={"kid": "identity"})
    for bad in (
        Keyring(tmp_path / "other").sign(ANNA, issuer="identity"),
        unsigned,
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        "",
        "x.y.z",
        jwt.encode({"iss": "identity", "exp": 9e9}, "s" * 32, algorithm="HS256", headers={"kid": "identity"}),
        jwt.encode({"iss": "nobody", "exp": 9e9}, "s" * 32, algorithm="HS256", headers={"kid": "nobody"}),
    ):
        with pytest.raises(Unauthenticated):
            keyring.verify(bad)


def test_private_keys_are_private_and_kept(tmp_path: Path) -> None:
    write_keys(tmp_path / "keys", ["identity"])
    first = (tmp_path / "keys" / "identity.pem").read_bytes()
    write_keys(tmp_path / "keys", ["identity", "search"])
    assert (tmp_path / "keys" / "identity.pem").read_bytes() == first
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "keys").glob("*.pem")} == {0}
