"""Makes the backends' fixtures and their summary known to every test below this folder."""

from tests.backend_fixtures import meilisearch, postgres, pytest_runtest_logreport, pytest_terminal_summary, rabbitmq

__all__ = ["meilisearch", "postgres", "pytest_runtest_logreport", "pytest_terminal_summary", "rabbitmq"]
