"""The knobs of search."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SearchSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KONTOR_SEARCH_", extra="ignore", frozen=True)

    index: str = Field(default="kontor", pattern="^[A-Za-z0-9_-]{1,100}$", description="Name of the index in Meilisearch.")
    rebuild_page: int = Field(default=100, ge=1, le=100, description="Documents per call to an owner while the index is rebuilt.")
