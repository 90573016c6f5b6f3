"""Paths find their endpoints."""

import pytest

from kontor_chassis.errors import InvalidArgument
from kontor_gateway.router import Found, Router


@pytest.fixture
def router() -> Router[str]:
    router: Router[str] = Router()
    router.add("GET", "/v1/persons", "list")
    router.add("POST", "/v1/persons", "create")
    router.add("GET", "/v1/persons/{id}", "get")
    router.add("PATCH", "/v1/persons/{person.id}", "update")
    router.add("POST", "/v1/persons/{id}:merge", "merge")
    router.add("GET", "/v1/persons/{person_id}/positions/{id}", "position")
    router.add("GET", "/v1/persons/me", "me")
    router.add("GET", "/calendar/{secret}/tasks.ics", "calendar")
    return router


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "parameters"),
    [
        ("GET", "/v1/persons", "list", {}),
        ("POST", "/v1/persons", "create", {}),
        ("GET", "/v1/persons/7", "get", {"id": "7"}),
        ("PATCH", "/v1/persons/7", "update", {"person.id": "7"}),
        ("POST", "/v1/persons/7:merge", "merge", {"id": "7"}),
        ("GET", "/v1/persons/7/positions/8", "position", {"person_id": "7", "id": "8"}),
        ("GET", "/v1/persons/me", "me", {}),
        ("GET", "/v1/p%65rsons", "list", {}),
        ("GET", "/v1/persons/a%2Fb%3Ac%20%C3%B6", "get", {"id": "a/b:c ö"}),
        ("GET", "/calendar/geheim/tasks.ics", "calendar", {"secret": "geheim"}),
    ],
)
def test_a_path_finds_its_endpoint_and_variables(
    router: Router[str], method: str, path: str, endpoint: str, parameters: dict[str, str]
) -> None:
    found = router.find(method, path)
    assert isinstance(found, Found)
    assert (found.endpoint, found.parameters) == (endpoint, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/",
        "/v1/persons/",
        "//v1/persons",
        "/v1//persons",
        "/v1/persons/7/",
        "/v1/persons/7:split",
        "/v1/persons/7:",
        "/v1/persons/7%3Amerge:x",
        "/v1/persons/7/positions",
        "/v1/persons/7/positions/8/9",
        "/v1/persons/{id}/x",
        "/V1/persons",
    ],
)
def test_other_paths_find_nothing(router: Router[str], path: str) -> None:
    found = router.find("POST", path)
    assert found == frozenset()


def test_a_path_without_the_method_tells_the_methods_it_has(router: Router[str]) -> None:
    assert router.find("DELETE", "/v1/persons/7") == frozenset({"GET", "PATCH"})
    assert router.find("GET", "/v1/persons/7:merge") == frozenset({"POST"})


@pytest.mark.parametrize("path", ["/v1/persons/%", "/v1/persons/%f", "/v1/persons/%zz", "/v1/persons/%ff", "/v1/persons/%ed%a0%80"])
def test_a_path_that_is_no_percent_encoded_utf_8_is_refused(router: Router[str], path: str) -> None:
    with pytest.raises(InvalidArgument):
        router.find("GET", path)


def test_a_path_can_be_taken_once_and_variables_are_whole_segments(router: Router[str]) -> None:
    with pytest.raises(ValueError, match="is taken by"):
        router.add("GET", "/v1/persons/{other}", "other")
    with pytest.raises(ValueError, match="whole segment"):
        router.add("GET", "/v1/persons/x-{id}", "other")
