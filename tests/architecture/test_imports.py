"""Law 1: imports point inward. The contracts stand in `.importlinter`; here they are run, and nothing is missing in them."""

import configparser

import pytest
from importlinter.cli import lint_imports

from tests.architecture.tree import ROOT, SERVICE_NAMES, package_of

CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter")


def test_every_import_points_inward(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("section", "key", "suffix"),
    [
        ("importlinter", "root_packages", ""),
        ("importlinter:contract:services", "modules", ""),
        ("importlinter:contract:chassis", "forbidden_modules", ""),
        ("importlinter:contract:gateway", "forbidden_modules", ""),
        ("importlinter:contract:suite", "source_modules", ""),
        ("importlinter:contract:rooms", "containers", ""),
        ("importlinter:contract:domain", "source_modules", ".domain"),
    ],
)
def test_every_service_stands_in_every_contract(section: str, key: str, suffix: str) -> None:
    named = set(CONTRACTS[section][key].split())
    assert {f"{package_of(name)}{suffix}" for name in SERVICE_NAMES} - named == set()
