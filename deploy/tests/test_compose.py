"""What compose.yaml promises, read as data: no engine is needed (I2, S15)."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from kontor_chassis.settings import Settings
from kontor_gateway.settings import GatewaySettings
from kontor_suite.catalog import GATEWAY, SERVICES

FOLDER = Path(__file__).parents[1]
TEXT = (FOLDER / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
NAMES = [service.name for service in SERVICES]
BACKENDS = ["postgres", "rabbitmq", "meilisearch"]
OURS = sorted(set(COMPOSE["services"]) - set(BACKENDS))


def example() -> dict[str, str]:
    lines = (FOLDER / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_service_of_the_catalog_has_a_container_that_serves_it_alone() -> None:
    assert set(OURS) == {*NAMES, GATEWAY, "keys", "migrate", "operator"}
    for name in (*NAMES, GATEWAY):
        assert COMPOSE["services"][name]["command"] == ["kontor", "serve", name]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_more_rights_than_they_need(name: str) -> None:
    container = COMPOSE["services"][name]
    assert container["user"] == "10001:10001"
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert "no-new-privileges:true" in container["security_opt"]
    assert container["tmpfs"]
    assert container["mem_limit"]
    assert container["pids_limit"]


@pytest.mark.parametrize("name", BACKENDS)
def test_backends_are_pinned_checked_and_not_published(name: str) -> None:
    container = COMPOSE["services"][name]
    assert re.search(r":[a-z]*\d[\w.-]*\}$", container["image"]), "an image without a version changes under one's feet"
    assert container["healthcheck"]["test"]
    assert container["cap_drop"] == ["ALL"]
    assert "ports" not in container
    assert container["networks"] == ["inner"]


def test_only_the_two_doors_are_published_and_at_first_to_this_machine_alone() -> None:
    published = {name: container["ports"] for name, container in COMPOSE["services"].items() if "ports" in container}
    assert set(published) == {GATEWAY, "mail-ingest"}
    assert example()["HTTP_PUBLISH"].startswith("127.0.0.1:")
    assert example()["SMTP_PUBLISH"].startswith("127.0.0.1:")
    assert COMPOSE["networks"]["inner"]["internal"] is True


def test_nothing_serves_before_keys_and_databases_are_there() -> None:
    for name in NAMES:
        needs = COMPOSE["services"][name]["depends_on"]
        assert needs["keys"]["condition"] == needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["rabbitmq"]["condition"] == "service_healthy"
    assert {need["condition"] for need in COMPOSE["services"][GATEWAY]["depends_on"].values()} == {"service_healthy"}


def test_a_service_is_given_its_own_password_only() -> None:
    for name in NAMES:
        container = COMPOSE["services"][name]
        own = f"{name.upper().replace('-', '_')}_DATABASE_PASSWORD"
        asked = set(re.findall(r"\$\{(\w+_DATABASE_PASSWORD)", str(container["environment"])))
        assert asked == {own}


def test_the_gateway_has_no_secret_and_no_key() -> None:
    gateway = COMPOSE["services"][GATEWAY]
    assert "PASSWORD" not in str(gateway["environment"])
    assert gateway["volumes"] == []


def test_signing_keys_are_written_by_the_job_only() -> None:
    mounts = {name: mount for name in OURS for mount in COMPOSE["services"][name]["volumes"] if mount.startswith("keys:")}
    assert [name for name, mount in mounts.items() if not mount.endswith(":ro")] == ["keys"]


def test_every_variable_that_it_asks_for_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", TEXT))
    assert asked - set(example()) == {"POSTGRES_IMAGE", "RABBITMQ_IMAGE", "MEILISEARCH_IMAGE"}
    assert set(example()) - asked == {"COMPOSE_PROJECT_NAME"}


def test_the_example_holds_no_secret() -> None:
    assert [name for name, value in example().items() if name.endswith(("_PASSWORD", "_KEY")) and value] == []


def test_it_sets_only_settings_that_there_are() -> None:
    classes: list[type[BaseSettings]] = [Settings, GatewaySettings, *(service.knobs for service in SERVICES if service.knobs)]
    known = {f"{kind.model_config['env_prefix']}{field}".upper() for kind in classes for field in kind.model_fields}
    used = {name for container in COMPOSE["services"].values() for name in container.get("environment", {}) if name.startswith("KONTOR_")}
    assert used <= known


@pytest.mark.parametrize("name", ["contacts", "mail-ingest"])
def test_services_that_keep_files_keep_them_in_a_volume(name: str) -> None:
    """Without, a photo or a mail would go to the read-only root of the container."""
    container = COMPOSE["services"][name]
    assert container["environment"]["KONTOR_BLOB_URL"] == "file:///var/lib/kontor/blobs"
    assert "blobs:/var/lib/kontor/blobs" in container["volumes"]


def test_volumes_and_networks_are_declared() -> None:
    named = {mount.split(":")[0] for item in COMPOSE["services"].values() for mount in item["volumes"] if not mount.startswith(".")}
    assert named == set(COMPOSE["volumes"])
    assert {network for item in COMPOSE["services"].values() for network in item["networks"]} == set(COMPOSE["networks"])


def test_files_that_are_mounted_are_there() -> None:
    mounts = [mount.split(":")[0] for item in COMPOSE["services"].values() for mount in item["volumes"] if mount.startswith(".")]
    assert mounts
    assert [mount for mount in mounts if not (FOLDER / mount).is_file()] == []


@pytest.mark.parametrize("script", ["all_passwords.sh", "postgres/10-services.sh"])
def test_scripts_know_every_service(script: str) -> None:
    listed = re.search(r"for name in ([a-z_ ]+);", (FOLDER / script).read_text())
    assert listed
    assert listed[1].split() == [name.replace("-", "_") for name in NAMES]


def test_a_stop_takes_longer_than_draining() -> None:
    for name in (*NAMES, GATEWAY):
        assert int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s")) > Settings.model_fields["drain_seconds"].default


def test_make_env_makes_up_every_secret_once_and_never_overwrites(tmp_path: Path) -> None:
    for name in ("make_env.sh", ".env.example"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    command = ["sh", str(tmp_path / "make_env.sh")]
    subprocess.run(command, check=True, capture_output=True)
    written = (tmp_path / ".env").read_text()
    made = dict(line.split("=", 1) for line in written.splitlines() if line and not line.startswith("#"))
    secrets = [value for name, value in made.items() if name.endswith(("_PASSWORD", "_KEY")) and not name.startswith("KONTOR_")]
    assert set(made) == set(example())
    assert len(secrets) == len(set(secrets)) == 10
    assert all(re.fullmatch("[A-Za-z0-9]{32}", value) for value in secrets)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0

    again = subprocess.run(command, check=False, capture_output=True)

    assert again.returncode == 1
    assert (tmp_path / ".env").read_text() == written
