"""tools/lint_protos.py finds each slip that the house rules of the protos name, and nothing in the protos as they are."""

from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorSet

from kontor.type.v1 import bounds_pb2, rule_pb2
from tests.architecture.descriptors import PACKAGE, enum, field, file, message, method
from tools.lint_protos import DESCRIPTORS, findings

READ = {"scope": "cars.read", "transaction": rule_pb2.TRANSACTION_READ}
WRITE = {"scope": "cars.write", "transaction": rule_pb2.TRANSACTION_WRITE}
CAR = message("Car", id="string", etag="string", name="string")
EMPTY = message("Nothing")


def texts(files: FileDescriptorSet) -> list[str]:
    return [f"{item.element}: {item.message}" for item in findings(files)]


@dataclass(frozen=True)
class Standard:
    """A standard method as it should be, to be spoilt one part at a time."""

    name: str
    fields: dict[str, str]
    rule: dict[str, Any]
    http: dict[str, str]
    response: str = "Car"

    def file(self, *further: DescriptorProto, **changes: Any) -> FileDescriptorSet:
        name = changes.get("name", self.name)
        fields = {key: kind for key, kind in (self.fields | changes.get("fields", {})).items() if kind}
        built = method(name, response=self.response, rule=changes.get("rule", self.rule), http=changes.get("http", self.http))
        answer = message("ListCarsResponse", cars=f"repeated {PACKAGE}.Car", next_page_token="string")
        return file(changes.get("car", CAR), EMPTY, answer, message(f"{name}Request", **fields), *further, methods=[built])


GET = Standard("GetCar", {"id": "string"}, READ, {"get": "/v1/cars/{id}"})
LIST = Standard("ListCars", {"page_size": "int32", "page_token": "string"}, READ, {"get": "/v1/cars"}, "ListCarsResponse")
CREATE = Standard("CreateCar", {"car": f"{PACKAGE}.Car", "request_id": "string"}, WRITE, {"post": "/v1/cars", "body": "car"})
UPDATE = Standard(
    "UpdateCar",
    {"car": f"{PACKAGE}.Car", "update_mask": "repeated string", "etag": "string", "request_id": "string"},
    WRITE,
    {"patch": "/v1/cars/{car.id}", "body": "car"},
)
DELETE = Standard(
    "DeleteCar",
    {"id": "string", "etag": "string", "request_id": "string"},
    {"scope": "cars.delete", "transaction": rule_pb2.TRANSACTION_WRITE},
    {"delete": "/v1/cars/{id}"},
    "Nothing",
)
SELL = Standard("SellCarNow", {"id": "string", "request_id": "string"}, WRITE, {"post": "/v1/cars/{id}:sellNow", "body": "*"})
STANDARDS = [GET, LIST, CREATE, UPDATE, DELETE, SELL]


def test_the_protos_as_they_are_follow_the_rules() -> None:
    assert [str(item) for item in findings(FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()))] == []


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda item: item.name)
def test_a_method_as_it_should_be_passes(standard: Standard) -> None:
    assert texts(standard.file()) == []


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda item: item.name)
def test_a_method_without_a_rule_is_found(standard: Standard) -> None:
    found = texts(standard.file(rule=None))
    assert f"CarService.{standard.name}: kontor.type.v1.rule must say which transaction" in found
    assert f"CarService.{standard.name}: kontor.type.v1.rule must have either a scope or public" in found


@pytest.mark.parametrize(
    ("standard", "changes", "expected"),
    [
        (GET, {"rule": READ | {"public": True}}, "either a scope or public"),
        (GET, {"rule": {"transaction": rule_pb2.TRANSACTION_READ}}, "either a scope or public"),
        (GET, {"rule": READ | {"scope": "boats.read"}}, "is of another service than cars"),
        (GET, {"rule": READ | {"scope": "cars.peek"}}, "must end in one of"),
        (GET, {"rule": READ | {"scope": "cars"}}, "must end in one of"),
        (GET, {"rule": WRITE}, "must not write"),
        (GET, {"http": {"post": "/v1/cars/{id}"}}, "Get uses GET, not POST"),
        (GET, {"http": {"get": "/v1/cars/{id}", "body": "*"}}, "GET has no body"),
        (GET, {"http": {"get": "/v1/cars/{car_id}"}}, "the request has no car_id"),
        (GET, {"http": {"get": "/cars/{id}"}}, "must begin with /v1/"),
        (GET, {"http": {"get": "/v1/CarParks/{id}"}}, "lower case"),
        (LIST, {"fields": {"page_size": "int64"}}, "page_size (int32) and page_token (string)"),
        (LIST, {"fields": {"page_token": ""}}, "page_size (int32) and page_token (string)"),
        (LIST, {"http": {"post": "/v1/cars"}}, "List uses GET, not POST"),
        (CREATE, {"http": {"put": "/v1/cars", "body": "car"}}, "Create uses POST, not PUT"),
        (CREATE, {"http": {"post": "/v1/cars", "body": "boat"}}, "no boat for the body"),
        (CREATE, {"fields": {"request_id": ""}}, "has a request_id"),
        (CREATE, {"rule": READ}, "cannot do it in TRANSACTION_READ"),
        (CREATE, {"fields": {"account_id": "string"}}, "CreateCarRequest.account_id: the account comes from the principal"),
        (UPDATE, {"http": {"patch": "/v1/cars/{car.id}", "body": "*"}}, "the resource as its body"),
        (UPDATE, {"http": {"patch": "/v1/cars/{car.uid}", "body": "car"}}, "the request has no car.uid"),
        (UPDATE, {"http": {"post": "/v1/cars/{car.id}", "body": "car"}}, "Update uses PATCH, not POST"),
        (UPDATE, {"fields": {"update_mask": "string"}}, "update_mask (repeated string)"),
        (UPDATE, {"fields": {"etag": ""}}, "an update has an etag"),
        (UPDATE, {"car": message("Car", id="string")}, "what can be updated has an etag (string): Car"),
        (UPDATE, {"car": message("Car", id="string", etag="string", account_id="string")}, "Car.account_id: the account comes"),
        (DELETE, {"http": {"post": "/v1/cars/{id}:delete", "body": "*"}}, "Delete uses DELETE, not POST"),
        (DELETE, {"fields": {"etag": ""}}, "takes an etag"),
        (DELETE, {"fields": {"request_id": ""}}, "has a request_id"),
        (SELL, {"http": {"post": "/v1/cars/{id}/sell", "body": "*"}}, "ends in :verb in camelCase"),
        (SELL, {"http": {"post": "/v1/cars/{id}:sell_now", "body": "*"}}, "ends in :verb in camelCase"),
        (SELL, {"http": {"post": "/v1/cars/{id}:rent", "body": "*"}}, ":rent is not what SellCarNow says"),
        (SELL, {"http": {"post": "/v1/cars/{id}:sellNow", "body": "id"}}, 'a custom verb has body: "*"'),
        (SELL, {"http": {"get": "/v1/cars/{id}:sellNow"}}, "Sell uses POST, not GET"),
        (SELL, {"fields": {"request_id": ""}}, "has a request_id"),
    ],
)
def test_a_spoilt_method_is_found(standard: Standard, changes: dict[str, Any], expected: str) -> None:
    found = texts(standard.file(**changes))
    assert any(expected in text for text in found), found


def test_a_list_that_answers_no_token_is_found() -> None:
    built = method("ListCars", response="Car", rule=READ, http={"get": "/v1/cars"})
    found = texts(file(CAR, message("ListCarsRequest", **LIST.fields), methods=[built]))
    assert found == ["CarService.ListCars: a list answers next_page_token (string)"]


def test_a_request_that_belongs_to_another_method_is_found() -> None:
    built = method("GetCar", request="ReadCarRequest", response="Car", rule=READ)
    found = texts(file(CAR, message("ReadCarRequest", id="string"), methods=[built]))
    assert found == ["CarService.GetCar: the request must be called GetCarRequest"]


def test_two_methods_of_one_route_are_found() -> None:
    first = GET.file()
    second = file(CAR, message("GetBoatRequest", id="string"), name="kontor/cars/v1/boats.proto")
    built = method("GetBoat", response="Car", rule=READ, http={"get": "/v1/cars/{id}"})
    second.file[0].service.add(name="BoatService").method.append(built)
    first.MergeFrom(second)
    assert texts(first) == ["BoatService.GetBoat: GET /v1/cars/{id} belongs to CarService.GetCar already"]


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (enum("Colour", "COLOUR_RED"), "COLOUR_RED: the value 0 is COLOUR_UNSPECIFIED"),
        (enum("Colour", "COLOUR_UNSPECIFIED", "RED"), "RED: values begin with COLOUR_"),
        (enum("CarState", "CARSTATE_UNSPECIFIED"), "CARSTATE_UNSPECIFIED: the value 0 is CAR_STATE_UNSPECIFIED"),
    ],
)
def test_a_spoilt_enum_is_found(built: Any, expected: str) -> None:
    assert texts(file(enums=[built])) == [f"{built.name}: {expected}"]
    inside = DescriptorProto(name="Car", enum_type=[built])
    assert texts(file(inside)) == [f"Car.{built.name}: {expected}"]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("made", "google.protobuf.Timestamp", "made: a Timestamp ends in _time"),
        ("made_at", "google.protobuf.Timestamp", "made_at: a Timestamp ends in _time"),
        ("made_time", "google.type.Date", "made_time: a Date ends in _date"),
        ("made_time", "string", "made_time: what ends in _time is a google.protobuf.Timestamp"),
        ("made_date", "string", "made_date: what ends in _date is a google.type.Date"),
        ("madeBy", "string", "madeBy: fields are in snake_case"),
    ],
)
def test_a_spoilt_field_is_found(name: str, kind: str, expected: str) -> None:
    found = texts(file(DescriptorProto(name="Car", field=[field(name, kind, number=1)])))
    assert f"Car: {expected}" in found


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (message("CarSale", car="kontor.cars.v1.Car"), "an event is called NounVerbed, in the past tense"),
        (message("Sold", car="kontor.cars.v1.Car"), "an event is called NounVerbed, in the past tense"),
        (message("CarUpdated", id="string"), "field 1 of an event is the facts: a message, or the id of what is gone"),
        (message("CarUpdated"), "field 1 of an event is the facts: a message, or the id of what is gone"),
    ],
)
def test_a_spoilt_event_is_found(built: DescriptorProto, expected: str) -> None:
    assert f"{built.name}: {expected}" in texts(file(built, package="kontor.cars.events.v1"))


@pytest.mark.parametrize(
    ("standard", "expected"),
    [
        (GET, "GetCarRequest.id: what the path or the body says is REQUIRED"),
        (CREATE, "CreateCarRequest.car: what the path or the body says is REQUIRED"),
        (UPDATE, "UpdateCarRequest.car: what the path or the body says is REQUIRED"),
        (CREATE, "Car.id: is an IDENTIFIER"),
        (UPDATE, "Car.etag: is OUTPUT_ONLY"),
    ],
)
def test_a_field_of_a_request_that_does_not_say_how_it_behaves_is_found(standard: Standard, expected: str) -> None:
    files = standard.file()
    for built in files.file[0].message_type:
        for item in built.field:
            item.ClearField("options")
    assert any(expected in text for text in texts(files)), texts(files)


@pytest.mark.parametrize("comment", [" Mandatory.", " The name. Output only.", " The only mandatory field.", " Required here."])
def test_a_comment_that_says_in_words_how_a_field_behaves_is_found(comment: str) -> None:
    files = file(message("Car", name="string"))
    files.file[0].source_code_info.location.add(path=[4, 0, 2, 0], span=[6, 0, 9, 1], leading_comments=comment)
    found = [item for item in findings(files) if "google.api.field_behavior says that" in item.message]
    assert [(item.line, item.element) for item in found] == [(7, "Car")]


@pytest.mark.parametrize(
    ("kind", "bounds", "expected"),
    [
        ("string", {"minimum": 0}, "only integers have a minimum and a maximum"),
        ("bool", {"maximum": 1}, "only integers have a minimum and a maximum"),
        ("int32", {"max_length": 3}, "only strings have a length"),
        ("string", {"max_items": 3}, "only lists have max_items"),
        ("int32", {"minimum": 0, "maximum": 7}, ""),
        ("repeated string", {"max_items": 3, "max_length": 100}, ""),
    ],
)
def test_bounds_that_do_not_fit_their_field_are_found(kind: str, bounds: dict[str, int], expected: str) -> None:
    car = message("Car", doors=kind)
    car.field[0].options.Extensions[bounds_pb2.bounds].CopyFrom(bounds_pb2.Bounds(**bounds))
    assert texts(file(car)) == ([f"Car: doors: {expected}"] if expected else [])


def test_events_as_they_should_be_pass() -> None:
    facts = message("CarFacts", id="string")
    events = [message(name, car="kontor.cars.events.v1.CarFacts") for name in ("CarCreated", "CarWon", "OldCarMoved")]
    gone = [message(name, id="string") for name in ("CarDeleted", "CarMerged")]
    assert texts(file(facts, *events, *gone, package="kontor.cars.events.v1")) == []


def test_a_service_among_events_is_found() -> None:
    assert "CarService: a package of events has no services" in texts(
        file(methods=[method("GetCar", response="Car")], package="kontor.cars.events.v1")
    )


def test_a_file_in_a_strange_folder_is_found() -> None:
    assert texts(file(CAR, name="kontor/boats/v1/cars.proto")) == ["kontor.cars.v1: the folder is not that of the package"]


def test_a_finding_names_file_and_line() -> None:
    files = file(message("Car", made="google.protobuf.Timestamp"))
    files.file[0].source_code_info.location.add(path=[4, 0], span=[6, 0, 9, 1])
    assert [str(item) for item in findings(files)] == ["protos/kontor/cars/v1/cars.proto:7: Car: made: a Timestamp ends in _time"]


def test_files_of_others_are_not_judged() -> None:
    assert texts(file(message("car", At="google.protobuf.Timestamp"), package="google.cars")) == []
