"""The tree as the tests of the laws see it. Derived from the folders, so that a new service is judged without being named."""

from collections.abc import Iterator
from pathlib import Path

from kontor_chassis.service import Service
from kontor_suite.catalog import SERVICES

ROOT = Path(__file__).resolve().parents[2]
# Where our own code stands.
SOURCES = ("chassis", "services", "gateway", "suite", "tools", "tests")
SERVICE_NAMES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))


def package_of(name: str) -> str:
    """Import name of a service: `mail-ingest` → `kontor_mail_ingest`."""
    return f"kontor_{name.replace('-', '_')}"


def folder_of(name: str) -> Path:
    return ROOT / "services" / name / package_of(name)


def service_of(name: str) -> Service:
    """From the suite's catalog. Raises KeyError where it does not list the folder."""
    return {service.name: service for service in SERVICES}[name]


def python_files() -> Iterator[Path]:
    """Every Python file that people write."""
    for source in SOURCES:
        yield from (path for path in sorted((ROOT / source).rglob("*.py")) if not {"build", ".venv"} & set(path.parts))
