"""Who calls: a short-lived signed token that every service verifies itself (RFC 7519 with EdDSA, RFC 8037).

Each service signs with a key of its own, `<keys>/<service>.pem`, and knows the public halves `<keys>/<service>.pub` of all.
Only identity may speak for users; any other signer can speak for itself alone. So the gateway, which faces the internet,
holds nothing with which a principal could be forged.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.types import Options

from kontor_chassis.errors import Unauthenticated

METADATA_KEY = "kontor-principal"
USER_ISSUER = "identity"
# What a revoked user can still do inside the installation with a token that was already handed out.
LIFETIME_SECONDS = 60
_CACHE_SIZE = 4096
# Expiry is checked against our own clock, to the fraction of a second.
_OPTIONS: Options = {"require": ["exp", "iss"], "verify_exp": False}
# The account of work that concerns the whole installation; row-level security knows it too.
EVERY_ACCOUNT = "*"


@dataclass(frozen=True)
class Principal:
    """A user of one account, or a service (`service` set, `user_id` empty) acting in one account or in all of them."""

    account_id: str
    user_id: str = ""
    role: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)
    groups: frozenset[str] = field(default_factory=frozenset)
    service: str = ""
    # The API key that the user acts by; empty where they signed in.
    api_key_id: str = ""
    api_key_name: str = ""

    @property
    def means(self) -> str:
        """How what they do comes about, as far as the principal knows: by the `user`, by a `key` of theirs, or by a service itself."""
        return self.service or ("key" if self.api_key_id else "user")


def service_principal(service: str, *, account_id: str = EVERY_ACCOUNT, scopes: Iterable[str] = ()) -> Principal:
    """A service that speaks for itself."""
    return Principal(account_id=account_id, service=service, scopes=frozenset(scopes))


def write_keys(folder: Path, services: Iterable[str]) -> None:
    """Make the key pairs that are missing in `folder`; existing ones stay. Private files are readable by the owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in services:
        private_path = folder / f"{service}.pem"
        if private_path.exists():
            continue
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{service}.pub").write_bytes(public)
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        unfinished = private_path.with_suffix(".tmp")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(private)
        unfinished.rename(private_path)


class Keyring:
    """The keys of one process: private ones as far as the folder holds them, public ones of all services."""

    def __init__(
        self, folder: Path, now: Callable[[], float] = time.time, *, service_scopes: Mapping[str, Collection[str]] | None = None
    ) -> None:
        """`service_scopes`: which scopes each issuer but identity may claim for itself; who is not named may claim none."""
        self._now = now
        self._service_scopes = service_scopes or {}
        self._private = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.pem"))}
        self._public = {path.stem: serialization.load_pem_public_key(path.read_bytes()) for path in sorted(folder.glob("*.pub"))}
        self._verified: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    def sign(self, principal: Principal, *, issuer: str, lifetime: float = LIFETIME_SECONDS) -> str:
        """A token for `principal`, good for `lifetime` seconds. Raises KeyError where the issuer's private key is not here."""
        claims: dict[str, Any] = {
            "iss": issuer,
            "acc": principal.account_id,
            "sub": principal.user_id,
            "rol": principal.role,
            "scp": sorted(principal.scopes),
            "grp": sorted(principal.groups),
            "svc": principal.service,
            "exp": self._now() + lifetime,
        }
        if principal.api_key_id:
            claims |= {"key": principal.api_key_id, "kyn": principal.api_key_name}
        return jwt.encode(claims, self._private[issuer], algorithm="EdDSA", headers={"kid": issuer})

    def verify(self, token: str) -> Principal:
        """The principal that a token stands for; verified tokens are remembered until they expire.

        Raises Unauthenticated for anything that is not signed, not by who may say so, or expired.
        """
        known = self._verified.get(token)
        if known is not None and known[1] > self._now():
            return known[0]
        principal, expires = self._verify(token)
        self._verified[token] = (principal, expires)
        while len(self._verified) > _CACHE_SIZE:
            self._verified.popitem(last=False)
        return principal

    def _verify(self, token: str) -> tuple[Principal, float]:
        try:
            issuer = jwt.get_unverified_header(token).get("kid", "")
            key = self._public[issuer]
            claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=issuer, options=_OPTIONS)  # type: ignore[arg-type]
        except (jwt.PyJWTError, KeyError) as error:
            raise Unauthenticated("The principal is not valid.") from error
        if claims["exp"] <= self._now():
            raise Unauthenticated("The principal has expired.")
        if issuer != USER_ISSUER:
            self._check_service(issuer, claims)
        principal = Principal(
            account_id=claims["acc"],
            user_id=claims["sub"],
            role=claims["rol"],
            scopes=frozenset(claims["scp"]),
            groups=frozenset(claims["grp"]),
            service=claims["svc"],
            api_key_id=claims.get("key", ""),
            api_key_name=claims.get("kyn", ""),
        )
        return principal, float(claims["exp"])

    def _check_service(self, issuer: str, claims: Mapping[str, Any]) -> None:
        """What a stolen key of a service is worth is what that service may do, and no more."""
        if claims["svc"] != issuer or claims["sub"] or claims["rol"] or claims["grp"] or "key" in claims:
            raise Unauthenticated("A service can speak for itself only.")
        allowed = self._service_scopes.get(issuer, ())
        if not all(scope in allowed for scope in claims["scp"]):
            raise Unauthenticated("The service may not claim these scopes.")
