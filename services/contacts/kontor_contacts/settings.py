"""The knobs of contacts, `KONTOR_CONTACTS_…`; each works unset."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ContactsSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_CONTACTS_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    merge_undo_days: int = Field(
        default=30, ge=1, le=3650, description="Days in which a merge can be undone; what that takes is kept so long."
    )
    form_least_seconds: float = Field(
        default=2.0, ge=0, le=60, description="A web form that is sent sooner after its page was made is taken for a robot's."
    )
