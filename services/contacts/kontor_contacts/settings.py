"""The knobs of contacts, `KONTOR_CONTACTS_…`; each works unset."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ContactsSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_CONTACTS_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    merge_undo_days: int = Field(
        default=30, ge=1, le=3650, description="Days in which a merge can be undone; what that takes is kept so long."
    )
