"""What pytest says beside its own: the seed of the bad days at the beginning; at the end their figures, and what was not tested.

All of it comes by way of the tests' reports, so that it is whole where several processes share the tests.
"""

import os
import random
from collections import Counter

import pytest

SEED = "KONTOR_RELIABILITY_SEED"
FIGURES = "figures"
BACKEND_MISSING = "backend missing: "
_skipped: Counter[str] = Counter()
_figures: list[tuple[str, str]] = []


def pytest_configure() -> None:
    # The processes that share the tests inherit it.
    os.environ.setdefault(SEED, str(random.randrange(2**31)))


def pytest_report_header() -> str:
    return f"reliability seed: {os.environ[SEED]} ({SEED})"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _, mark, reason = report.longrepr[2].partition(BACKEND_MISSING)
        if mark:
            _skipped[reason] += 1
    if report.when == "call":
        name = report.nodeid.rpartition("/")[2]
        _figures.extend((name, str(value)) for key, value in report.user_properties if key == FIGURES)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _figures:
        terminalreporter.section("bad days")
    for name, figures in _figures:
        terminalreporter.line(f"{name}\n    {figures}")
    for reason, count in sorted(_skipped.items()):
        terminalreporter.write_line(f"NOT TESTED: {count} skipped, {reason}", red=True, bold=True)
