"""The real backends, for the tests of every folder."""

pytest_plugins = ["tests.backend_fixtures"]
