"""Outgoing mail through an SMTP relay, by the standard library's client in a worker thread: mails are few, and it has known every
strange server for decades."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTPUTF8
from urllib.parse import unquote, urlsplit

from kontor_chassis.errors import Unavailable
from kontor_chassis.outgoing_mail.port import Mail, MailRefused, message_of

_SECONDS = 20.0
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class Relay:
    host: str
    port: int
    # TLS from the first byte (RFC 8314 section 3.3).
    tls: bool
    user: str = ""
    password: str = ""


def relay_of(url: str) -> Relay:
    """Raises ValueError for an address that is none of `smtp://` or `smtps://`."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must be smtp://… or smtps://…")
    port = parts.port or _PORTS[parts.scheme]
    return Relay(parts.hostname, port, parts.scheme == "smtps", unquote(parts.username or ""), unquote(parts.password or ""))


class SmtpMail:
    def __init__(self, relay: Relay, *, seconds: float = _SECONDS) -> None:
        self._relay = relay
        self._seconds = seconds

    async def send(self, mail: Mail) -> None:
        message = message_of(mail)
        try:
            await asyncio.to_thread(self._send, message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused([code for code, _ in error.recipients.values()], error) from error
        except smtplib.SMTPResponseException as error:
            # A wrong password is ours to mend, not the mail's fault.
            codes = [] if isinstance(error, smtplib.SMTPAuthenticationError) else [error.smtp_code]
            raise _refused(codes, error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise _refused([], error) from error

    def _send(self, message: EmailMessage) -> None:
        relay = self._relay
        with self._connect() as client:
            client.ehlo_or_helo_if_needed()
            try:
                if not relay.tls and (client.has_extn("starttls") or relay.user):
                    # A password never goes out in the clear: a relay without STARTTLS fails here.
                    client.starttls(context=ssl.create_default_context() if relay.user else _opportunistic())
                if relay.user:
                    client.login(relay.user, relay.password)
            except smtplib.SMTPNotSupportedError as error:
                raise ConnectionError("the relay has no STARTTLS or no AUTH") from error
            _hand_over(client, message)

    def _connect(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.tls:
            return smtplib.SMTP_SSL(relay.host, relay.port, timeout=self._seconds, context=ssl.create_default_context())
        return smtplib.SMTP(relay.host, relay.port, timeout=self._seconds)


def _hand_over(client: smtplib.SMTP, message: EmailMessage) -> None:
    """As `send_message` of the library does, which changes lines that begin with From."""
    sender, recipient = (str(message[name].addresses[0].addr_spec) for name in ("From", "To"))
    if recipient.isascii() and sender.isascii():
        client.sendmail(sender, [recipient], message.as_bytes())
        return
    # RFC 6531: letters beyond ASCII before the @.
    if not client.has_extn("smtputf8"):
        raise MailRefused("The relay cannot send to this address.")
    options = ["SMTPUTF8", "BODY=8BITMIME"]
    client.sendmail(sender, [recipient], message.as_bytes(policy=SMTPUTF8), mail_options=options)


def _opportunistic() -> ssl.SSLContext:
    """Encrypts to whoever is there, which is no worse than not encrypting (RFC 7435)."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _refused(codes: list[int], error: Exception) -> MailRefused | Unavailable:
    """5yz is for good, everything else passes (RFC 5321 section 4.2.1)."""
    if codes and all(500 <= code < 600 for code in codes):
        return MailRefused("The relay refuses the mail.", detail={"codes": ", ".join(str(code) for code in codes)})
    return Unavailable(f"The relay does not take the mail: {type(error).__name__}.", reason="MAIL_UNAVAILABLE")
