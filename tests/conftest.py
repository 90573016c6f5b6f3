"""Makes the installations known to every test below this folder; the root's conftest.py does so for the backends."""

from tests.suite_fixtures import embedded, installation, split, team

__all__ = ["embedded", "installation", "split", "team"]
