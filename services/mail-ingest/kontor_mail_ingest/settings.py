"""The knobs of mail-ingest, `KONTOR_MAIL_…`; each works unset. Host, port and domain are the suite's own settings."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class MailSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_MAIL_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    tls_cert: str = Field(default="", description="File with the certificate chain for STARTTLS (PEM); empty: STARTTLS is not offered.")
    tls_key: str = Field(default="", description="File with its private key (PEM); empty: it stands in the same file.")
    size_limit: int = Field(default=25 * 1024 * 1024, ge=1024, description="Largest mail in bytes; announced, and refused with 552 above.")
    recipients: int = Field(default=100, ge=1, description="Recipients of one mail; more are answered 452 (RFC 5321 section 4.5.3.1.8).")
    connections: int = Field(default=500, ge=1, description="Connections at once; beyond, the longest silent one has to go.")
    connections_per_address: int = Field(default=50, ge=1, description="The same for one client address.")
    idle_seconds: float = Field(default=60.0, gt=0, description="A client that is silent, or trickles, for so long is sent away.")
    data_seconds: float = Field(default=600.0, gt=0, description="A mail that has not arrived after so long is given up.")
    memory: int = Field(default=256 * 1024 * 1024, description="Bytes of mails on their way, all together; more are answered 452.")
    errors: int = Field(default=20, ge=1, description="Refused commands after which a client is sent away.")
    postmaster: str = Field(
        default="", description="Id of the account into whose tray mail to postmaster goes; empty: the only account there is, else 550."
    )
    reader_processes: int = Field(default=2, ge=1, description="Processes that read mails.")
    group_commit: int = Field(default=100, ge=1, description="Mails that may share one commit; 1: each has its own.")

    @model_validator(mode="after")
    def _one_mail_fits(self) -> Self:
        if self.memory < self.size_limit:
            raise ValueError("KONTOR_MAIL_MEMORY: is less than KONTOR_MAIL_SIZE_LIMIT")
        return self
