"""`kontor queues` says what is wrong with what it is asked."""

import pytest
from click.testing import CliRunner

from kontor_suite.commands.queues import queues


@pytest.mark.parametrize("limit", ["-1", "0", "1001", "many", "1.5", ""])
def test_a_limit_that_is_no_number_of_letters_is_refused_naming_it(limit: str) -> None:
    result = CliRunner().invoke(queues, ["dead", "search", "--limit", limit])
    assert result.exit_code == 2
    assert "Invalid value for '--limit'" in result.output


def test_a_queue_that_does_not_exist_is_refused_naming_those_that_do() -> None:
    result = CliRunner().invoke(queues, ["dead", "letters"])
    assert result.exit_code == 2
    assert "'search'" in result.output
