"""What operators do on the command line (H8), while the suite runs."""

import pytest

from tests.suite_clients import Team, eventually, sign_in, stranger
from tests.suite_processes import PASSWORD, Installation


def test_an_account_and_its_users_are_made_listed_and_deactivated(installation: Installation, team: Team) -> None:
    slug = f"hafen-{team.slug}"
    owner = f"eva@{slug}.example"
    assert f"account {slug}" in installation.kontor("account", "create", slug, "--owner-email", owner, "--password", PASSWORD)
    assert slug in installation.kontor("account", "list")
    eva = sign_in(installation, owner)
    assert eva.get("/v1/account")["slug"] == slug

    made = installation.kontor("user", "create", slug, f"fred@{slug}.example", "--name", "Fred", "--role", "reader")
    [password] = [line.removeprefix("password: ") for line in made.splitlines() if line.startswith("password: ")]
    fred = sign_in(installation, f"fred@{slug}.example", password)
    assert fred.get("/v1/me")["role"] == "reader"
    listed = installation.kontor("user", "list", slug)
    assert owner in listed
    assert "Fred" in listed
    assert team.owner.email not in listed

    installation.kontor("user", "deactivate", slug, f"fred@{slug}.example")
    eventually(lambda: fred.send("GET", "/v1/me").status_code, lambda status: status == 401)
    assert "deactivated" in installation.kontor("user", "list", slug)


def test_a_command_that_cannot_be_done_says_why_in_a_line_and_tells_no_password(installation: Installation, team: Team) -> None:
    owner = ("--owner-email", "x@y.example", "--password", PASSWORD)
    for arguments in (
        ("account", "create", team.slug, *owner),
        ("account", "create", "A B", *owner),
        ("account", "create", "short-word", "--owner-email", "x@y.example", "--password", "x"),
        ("user", "create", "nobody-here", "x@y.example", "--password", PASSWORD),
        ("user", "create", team.slug, team.owner.email, "--password", PASSWORD),
        ("user", "deactivate", team.slug, "nobody@y.example"),
        ("queues", "dead", "no-such-queue"),
    ):
        said = installation.kontor(*arguments, status=2 if "no-such-queue" in arguments else 1)
        assert "Error: " in said
        assert "Traceback" not in said
        assert "wrong on our side" not in said
        assert PASSWORD not in said


def test_the_queues_are_shown_and_empty_in_the_end(installation: Installation) -> None:
    def numbers() -> set[str]:
        lines = installation.kontor("queues").splitlines()
        return {word for line in lines for word in line.split() if word.isdigit()}

    output = installation.kontor("queues")
    for queue in ("contacts", "mail-ingest", "notify", "sales", "search", "tasks"):
        assert queue in output
    assert eventually(numbers, lambda seen: seen == {"0"}) == {"0"}


def test_the_doctor_finds_nothing_but_the_domain_for_trying(installation: Installation) -> None:
    found = installation.kontor("doctor", status=1)
    bad = [line for line in found.splitlines() if line.startswith("BAD")]
    assert len(bad) == 1, found
    assert "mail domain" in bad[0]


def test_a_second_suite_on_the_same_folder_is_refused(embedded: Installation) -> None:
    embedded.kontor("up", status=1)
    assert embedded.readiness("identity")[0] == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/openapi.json"])
def test_what_machines_ask_is_answered_without_a_token(installation: Installation, path: str) -> None:
    assert stranger(installation).send("GET", path).status_code == 200
