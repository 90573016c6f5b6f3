"""The generated protos are in step with their sources, and every method that they promise is served."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from kontor_chassis.events import event_type
from kontor_chassis.host import consumed_by
from kontor_chassis.rpc.dispatch import methods_of
from kontor_gateway.owners import AUDITED
from kontor_suite.catalog import SERVICES
from tests.architecture.tree import ROOT, SERVICE_NAMES, service_of
from tools.lint_protos import DESCRIPTORS

FILES = FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file
# Implemented by several services: by every owner of searchable records, for search.
SHARED = {
    "kontor.type.v1.DocumentSource": {"contacts", "sales", "tasks", "mail-ingest"},
    # Whose audit log can be read.
    "kontor.type.v1.AuditLog": set(AUDITED),
}


def test_the_generated_protos_are_in_step() -> None:
    # protoc looks its plugin for type stubs up on the PATH.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    check = subprocess.run(
        [sys.executable, "tools/generate_protos.py", "--check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr


def test_the_catalog_lists_every_service_once() -> None:
    assert sorted(service.name for service in SERVICES) == SERVICE_NAMES


def test_every_proto_service_is_served_once() -> None:
    promised = [f"{file.package}.{service.name}" for file in FILES if file.package.startswith("kontor.") for service in file.service]
    served = [name for service in SERVICES for name in service.rpc if name not in SHARED]
    assert sorted([*served, *SHARED]) == sorted(promised)
    for shared, owners in SHARED.items():
        assert {service.name for service in SERVICES if shared in service.rpc} == owners


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_every_method_of_a_service_has_its_function(name: str) -> None:
    service = service_of(name)
    for proto_service, module in service.rpc.items():
        assert proto_service in SHARED or proto_service.split(".")[1] == service.package
        assert module.__name__.startswith(f"{service.migrations.partition('.')[0]}.rpc.")
        # Raises LookupError where a function or a rule is missing.
        assert methods_of(proto_service, module)


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_what_a_service_consumes_is_an_event_of_another_one(name: str) -> None:
    service = service_of(name)
    kinds = [event_type(body) for body in consumed_by(service)]
    assert len(kinds) == len(set(kinds))
    assert {kind for kind in kinds if kind.split(".")[1] == service.package} == set()
