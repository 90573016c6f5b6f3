"""tools/check_breaking.py finds what would break programs that speak the released protos, and nothing else."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet, OneofDescriptorProto

from tests.architecture.descriptors import PACKAGE, enum, field, file, message, method
from tools.check_breaking import DESCRIPTORS, ROOT, breaks, check, newest_release

Change = Callable[[Any], None]


def released() -> FileDescriptorSet:
    car = message("Car", id="string", wheels="int32", doors="repeated string", owner=f"{PACKAGE}.Person")
    car.nested_type.append(message("Key", code="string"))
    car.oneof_decl.append(OneofDescriptorProto(name="choice"))
    car.field.append(field("petrol", "bool", number=5))
    car.field[4].oneof_index = 0
    car.enum_type.append(enum("State", "STATE_UNSPECIFIED", "STATE_NEW"))
    get = method("GetCar", response="Car", http={"get": "/v1/cars/{id}"})
    create = method("CreateCar", response="Car", http={"post": "/v1/cars", "body": "car"})
    requests = [message("GetCarRequest", id="string"), message("CreateCarRequest", car=f"{PACKAGE}.Car")]
    colour = enum("Colour", "COLOUR_UNSPECIFIED", "COLOUR_RED")
    return file(car, message("Person", id="string"), *requests, methods=[get, create], enums=[colour])


def changed(change: Change) -> FileDescriptorSet:
    present = released()
    change(present.file[0])
    return present


def _set(attribute: str, value: Any) -> Change:
    """Sets something of `Car.wheels`."""
    return lambda built: setattr(built.message_type[0].field[1], attribute, value)


def _add_route(built: Any) -> None:
    built.service[0].method[0].options.Extensions[annotations_pb2.http].additional_bindings.add(get="/v1/autos/{id}")


def _replace_route(built: Any) -> None:
    built.service[0].method[0].CopyFrom(method("GetCar", response="Car", http={"get": "/v1/autos/{id}"}))


def _drop_body(built: Any) -> None:
    built.service[0].method[1].CopyFrom(method("CreateCar", response="Car", http={"post": "/v1/cars", "body": "*"}))


def _delete(path: str) -> Change:
    """Deletes the last item of a list, `message_type.0.field`."""

    def change(built: Any) -> None:
        *steps, last = path.split(".")
        for step in steps:
            built = built[int(step)] if step.isdigit() else getattr(built, step)
        del getattr(built, last)[-1]

    return change


def _drop_package(files: FileDescriptorSet) -> FileDescriptorSet:
    files.file[0].package = "kontor.cars.v2"
    return files


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_delete("message_type.0.field"), "kontor.cars.v1.Car.petrol: the field is gone (number 5)"),
        (_delete("message_type"), "kontor.cars.v1.CreateCarRequest: the message is gone"),
        (_delete("message_type.0.nested_type"), "kontor.cars.v1.Car.Key: the message is gone"),
        (_delete("message_type.0.enum_type"), "kontor.cars.v1.Car.State: the enum is gone"),
        (_delete("message_type.0.enum_type.0.value"), "kontor.cars.v1.Car.State.STATE_NEW: the value is gone (number 1)"),
        (_delete("enum_type.0.value"), "kontor.cars.v1.Colour.COLOUR_RED: the value is gone (number 1)"),
        (_delete("service.0.method"), "kontor.cars.v1.CarService.CreateCar: the method is gone"),
        (_delete("service"), "kontor.cars.v1.CarService.GetCar: the method is gone"),
        (_set("number", 9), "kontor.cars.v1.Car.wheels: its number changed from 2 to 9"),
        (_set("name", "tyres"), "kontor.cars.v1.Car.wheels: its name changed from wheels to tyres"),
        (_set("json_name", "tyres"), "kontor.cars.v1.Car.wheels: its JSON name changed from wheels to tyres"),
        (_set("type", FieldDescriptorProto.TYPE_INT64), "kontor.cars.v1.Car.wheels: its type changed from int32 to int64"),
        (_set("label", FieldDescriptorProto.LABEL_REPEATED), "kontor.cars.v1.Car.wheels: its type changed from int32 to repeated int32"),
        (_set("oneof_index", 0), "kontor.cars.v1.Car.wheels: its oneof changed from none to choice"),
        (
            lambda built: setattr(built.message_type[0].field[3], "type_name", f".{PACKAGE}.Car"),
            "kontor.cars.v1.Car.owner: its type changed from kontor.cars.v1.Person to kontor.cars.v1.Car",
        ),
        (
            lambda built: setattr(built.enum_type[0].value[1], "number", 7),
            "kontor.cars.v1.Colour.COLOUR_RED: its number changed from 1 to 7",
        ),
        (
            lambda built: setattr(built.service[0].method[0], "output_type", f".{PACKAGE}.Person"),
            "kontor.cars.v1.CarService.GetCar: its response changed from kontor.cars.v1.Car to kontor.cars.v1.Person",
        ),
        (
            lambda built: setattr(built.service[0].method[0], "input_type", f".{PACKAGE}.CreateCarRequest"),
            "kontor.cars.v1.CarService.GetCar: its request changed from kontor.cars.v1.GetCarRequest to kontor.cars.v1.CreateCarRequest",
        ),
        (
            lambda built: setattr(built.service[0].method[0], "server_streaming", True),
            "kontor.cars.v1.CarService.GetCar: its streaming changed",
        ),
        (_replace_route, "kontor.cars.v1.CarService.GetCar: its route GET /v1/cars/{id} with body none is gone"),
        (_drop_body, "kontor.cars.v1.CarService.CreateCar: its route POST /v1/cars with body car is gone"),
    ],
)
def test_what_breaks_programs_is_found(change: Change, expected: str) -> None:
    assert expected in breaks(released(), changed(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda built: built.message_type.append(message("Boat", id="string")),
        lambda built: built.message_type[0].field.append(field("colour", "string", number=6)),
        lambda built: built.enum_type[0].value.add(name="COLOUR_BLUE", number=2),
        lambda built: built.service[0].method.append(method("ListCars", response="Car")),
        lambda built: built.message_type[0].field.sort(key=lambda item: -item.number),
        lambda built: setattr(built, "name", "kontor/cars/v1/other.proto"),
        _add_route,
    ],
)
def test_adding_and_reordering_break_nothing(change: Change) -> None:
    assert breaks(released(), changed(change)) == []


def test_a_package_that_is_gone_is_found() -> None:
    assert "kontor.cars.v1.Car: the message is gone" in breaks(released(), _drop_package(released()))


def test_the_files_of_others_are_not_compared() -> None:
    others = file(message("Date", year="int32"), package="google.type")
    assert breaks(others, file(package="google.type")) == []


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a commit that holds the released descriptors."""
    target = tmp_path / DESCRIPTORS
    target.parent.mkdir(parents=True)
    target.write_bytes(released().SerializeToString())
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", "--all")
    _git(tmp_path, "commit", "--quiet", "--message", "Release")
    return tmp_path


def test_without_a_release_there_is_nothing_to_compare_with(repository: Path) -> None:
    _git(repository, "tag", "nightly")
    _git(repository, "tag", "vanilla")
    assert check(repository) == {}


def test_the_newest_release_is_the_one_to_compare_with(repository: Path) -> None:
    for tag in ("v0.9.0", "v0.10.0", "v0.10.0-rc1", "v0.2.0"):
        _git(repository, "tag", tag)
    assert newest_release(repository) == "v0.10.0"
    assert check(repository) == {"v0.10.0": []}
    (repository / DESCRIPTORS).write_bytes(changed(_set("number", 9)).SerializeToString())
    assert check(repository) == {"v0.10.0": ["kontor.cars.v1.Car.wheels: its number changed from 2 to 9"]}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="releases are tags of the repository, which is not here")
def test_nothing_that_was_released_is_broken_now() -> None:
    assert [text for found in check(ROOT).values() for text in found] == []
