"""Identity's knobs, `KONTOR_IDENTITY_…`; each works unset."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IdentitySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_IDENTITY_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    # The first choice of the OWASP Password Storage Cheat Sheet for argon2id, about 50 ms on a present-day core.
    password_memory_kib: int = Field(default=47_104, ge=1024, description="Memory that hashing a password takes, in KiB.")
    password_passes: int = Field(
        default=1, ge=1, le=20, description="Passes over that memory. Passwords are hashed anew with changed values at the next sign-in."
    )
    session_idle_days: int = Field(default=30, ge=1, le=365, description="A session that is not used for so many days ends.")
    session_days: int = Field(default=90, ge=1, le=3650, description="A session ends after so many days in any case.")
