"""The gateway's knobs, `KONTOR_GATEWAY_…`; each works unset."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GatewaySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_GATEWAY_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    body_limit: int = Field(default=1024 * 1024, ge=1024, description="Largest request body in bytes; more is answered 413.")
    body_timeout: float = Field(default=5.0, gt=0, description="Seconds within which a request body must have arrived; else 408.")
    upload_limit: int = Field(default=10 * 1024 * 1024, ge=1024, description="Largest upload (a photo) in bytes; more is answered 413.")
    upload_timeout: float = Field(default=60.0, gt=0, description="Seconds within which an upload must have arrived; else 408.")
    request_timeout: float = Field(default=10.0, gt=0, description="Seconds that a whole request may take; else 504.")
    readiness_timeout: float = Field(default=2.0, gt=0, description="Seconds that the checks behind /readyz may take.")
    authentication_seconds: float = Field(
        default=1.0, ge=0, le=1.0, description="How long a proven credential is remembered; what is revoked works no longer than this."
    )
    authentication_entries: int = Field(default=10_000, ge=1, description="How many proven credentials are remembered.")
    retry_after: int = Field(default=1, ge=1, description="Seconds in Retry-After of a 503.")
    cors_origins: tuple[str, ...] = Field(
        default=(), description='Origins whose pages may call the interface, as a JSON list (["https://crm.example.org"]); empty: none.'
    )
