"""Settings that every process knows. Environment variables `KONTOR_…`, else the file named by `KONTOR_ENV_FILE`
(default `kontor.env` in the working folder), else a default with which the embedded profile works."""

import os
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SCHEMES = {
    "database_url": ("postgresql", "postgresql+psycopg", "sqlite"),
    "bus_url": ("amqp", "amqps"),
    "search_url": ("http", "https"),
    "otlp_endpoint": ("http", "https"),
}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    data_dir: Path = Field(default=Path("var"), description="Folder of the embedded profile: databases, queues, index, files, keys.")
    http_host: str = Field(default="127.0.0.1", description="Address that HTTP listens on.")
    http_port: int = Field(default=8080, ge=0, le=65535, description="Port of HTTP.")
    smtp_host: str = Field(default="127.0.0.1", description="Address that SMTP listens on.")
    smtp_port: int = Field(default=2525, ge=0, le=65535, description="Port of SMTP.")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#@<>\"']+)?$",
        description="Address at which browsers reach HTTP, for links in mails and snippets; empty: `http://` with host and port of HTTP.",
    )
    mail_domain: str = Field(
        default="kontor.localhost",
        pattern=r"^[^\s@/:<>,]+$",
        description="Domain of dropbox addresses; its MX points at SMTP.",
    )
    owner_email: str = Field(default="", description="Owner of the first account, made at the first start; empty: generated.")
    owner_password: str = Field(default="", repr=False, description="The owner's password; empty: generated and printed once.")
    database_url: str = Field(
        default="",
        repr=False,
        description="PostgreSQL address with `{service}` where the service's name goes; empty: SQLite files in the data folder.",
    )
    bus_url: str = Field(default="", repr=False, description="RabbitMQ address `amqp://…`; empty: durable local queues.")
    search_url: str = Field(default="", repr=False, description="Meilisearch address, its key as the password; empty: embedded index.")
    blob_url: str = Field(
        default="",
        description="Where files are kept: a folder `file:///…` or a bucket `s3://…` (see Files); empty: below the data folder.",
    )
    smtp_relay_url: str = Field(
        default="",
        repr=False,
        description="Relay for outgoing mail, `smtp://user:password@host:587` (STARTTLS where it is offered, always with a password) or "
        "`smtps://…:465`; empty: files in `outgoing-mail` below the data folder.",
    )
    mail_sender: str = Field(
        default="",
        pattern=r"^([^\s@<>,;:]+@[^\s@<>,;:]+)?$",
        description="Sender of outgoing mail; empty: `no-reply@` the mail domain.",
    )
    keys_dir: Path | None = Field(default=None, description="Folder of the keys; empty: `keys` below the data folder.")
    channel_url: str = Field(
        default="dns:///kontor-{service}:50051",
        description="gRPC address of the other services with `{service}` where the name goes; used in the split profile.",
    )
    channel_urls: dict[str, str] = Field(
        default_factory=dict,
        description='gRPC addresses of services that stand elsewhere, as JSON: `{"search": "dns:///index.example.org:50051"}`.',
    )
    grpc_host: str = Field(default="0.0.0.0", description="Address that gRPC listens on in the split profile.")  # noqa: S104
    grpc_port: int = Field(default=50051, ge=0, le=65535, description="Port of gRPC in the split profile.")
    health_port: int = Field(default=8081, ge=0, le=65535, description="Port of health and metrics of a service in the split profile.")
    otlp_endpoint: str = Field(default="", description="OpenTelemetry collector `http://host:4317`; empty: traces are passed on only.")
    log_level: str = Field(default="INFO", pattern="^(?i:debug|info|warning|error)$", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field(default="console", pattern="^(console|json)$", description="`console` for people, `json` for collectors.")
    least_free_bytes: int = Field(
        default=50_000_000,
        ge=0,
        description="Room that the disks of data folder and files must have; with less, `/readyz` says that it is not ready.",
    )
    audit_days: int = Field(
        default=0, ge=0, le=36_500, description="Days after which entries of the audit log are deleted; 0: they are kept for ever."
    )
    audit_seal_seconds: float = Field(default=10.0, gt=0, le=3600, description="How often new entries of the audit log are sealed.")
    audit_tell_seals: bool = Field(
        default=False, description="Write each seal of the audit log into the log of the process: a copy outside of the database."
    )
    drain_seconds: float = Field(default=15.0, ge=0, description="How long a stopping process lets running work finish.")

    @field_validator("database_url", "bus_url", "search_url", "otlp_endpoint")
    @classmethod
    def _is_address(cls, value: str, info: ValidationInfo) -> str:
        schemes = _SCHEMES[str(info.field_name)]
        if value and not (value.startswith(tuple(f"{scheme}://" for scheme in schemes)) and urlsplit(value).path + urlsplit(value).netloc):
            raise ValueError(f"must be an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return value

    @property
    def keys_folder(self) -> Path:
        return self.keys_dir or self.data_dir / "keys"

    @property
    def public_address(self) -> str:
        """Where browsers reach HTTP, without a slash at the end."""
        return self.public_url or f"http://{self.http_host}:{self.http_port}"

    @property
    def mail_from(self) -> str:
        """The sender of outgoing mail."""
        return self.mail_sender or f"no-reply@{self.mail_domain}"

    def channel_url_of(self, service: str) -> str:
        """gRPC address of a service in the split profile."""
        return self.channel_urls.get(service) or self.channel_url.replace("{service}", service)

    def database_url_of(self, service: str) -> str:
        """Address of a service's own database. A file below the data folder where no server is set."""
        if self.database_url:
            return self.database_url.replace("{service}", service.replace("-", "_"))
        return f"sqlite:///{self.data_dir / (service + '.db')}"


class WrongSetting(ValueError):
    """Says which variables are wrong and why, a line each."""


S = TypeVar("S", bound=BaseSettings)


def read_settings(kind: type[S], **options: Any) -> S:
    """An instance of a settings class from the environment and the settings file. Raises WrongSetting."""
    try:
        return kind(**{"_env_file": os.environ.get("KONTOR_ENV_FILE", "kontor.env"), **options})
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        lines = [f"{prefix}{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()]
        raise WrongSetting("\n".join(lines)) from error


def load_settings() -> Settings:
    """The settings of this process. Raises WrongSetting."""
    return read_settings(Settings)
