"""STARTTLS where a certificate is configured (RFC 3207; E2, M4)."""

import asyncio
import smtplib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for localhost, configured for the services that are opened after."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    monkeypatch.setenv("KONTOR_MAIL_TLS_CERT", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("KONTOR_MAIL_TLS_KEY", str(tmp_path / "key.pem"))
    return tmp_path / "cert.pem"


async def test_a_mail_is_sent_over_tls(certificate: Path, open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom() as mail:
        address, content = await mail.dropbox(), letter("x" * 200_000)

        def send() -> dict[str, str]:
            with smtplib.SMTP("localhost", mail.port) as client:
                client.starttls(context=ssl.create_default_context(cafile=str(certificate)))
                client.sendmail("b.berger@firma.example", [address], content)
                return client.esmtp_features

        features = await asyncio.to_thread(send)
        assert set(features) == {"size", "8bitmime", "smtputf8", "pipelining"}
        (message,) = await mail.messages()
        assert await mail.raw(message.id) == content


async def test_what_comes_before_the_handshake_is_not_taken_for_commands_of_the_encrypted_session(
    certificate: Path, open_mailroom: Any
) -> None:
    async with open_mailroom() as mail:
        client = await mail.connect()
        assert "250-STARTTLS" in await client.say("EHLO client.example")
        assert (await client.say(b"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@b.example>")).startswith("220")
        await client.writer.start_tls(ssl.create_default_context(cafile=str(certificate)), server_hostname="localhost")
        # Neither reply nor state of what was smuggled in: the greeting has to be said again.
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("503")
        assert "STARTTLS" not in await client.say("EHLO client.example")
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("250")


async def test_a_failed_handshake_ends_the_connection_and_nothing_else(certificate: Path, open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom() as mail:
        client = await mail.connect()
        await client.say("EHLO client.example")
        assert (await client.say("STARTTLS")).startswith("220")
        await client.write(b"this is no handshake\r\n" * 10)
        assert await client.closed()
        assert (await mail.deposit(letter())).startswith("250")


async def test_a_certificate_that_cannot_be_read_keeps_the_service_from_starting(
    tmp_path: Path, open_mailroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONTOR_MAIL_TLS_CERT", str(tmp_path / "missing.pem"))
    with pytest.raises(FileNotFoundError):
        async with open_mailroom():
            pass
