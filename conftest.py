"""The real backends, and what the report says of them, for the tests of every folder."""

pytest_plugins = ["tests.report", "tests.backend_fixtures"]
