"""Requests of one account with ids of another, made from the OpenAPI document, so that a new operation is attacked from its first day."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.tenancy.two_accounts import SUBJECT_NOUNS

Ids = Mapping[str, str]

_VARIABLE = re.compile(r"\{(\w+)\}")
_VERBS = ("get", "post", "patch", "put", "delete")
# Where a property's or variable's name does not say the kind: part of it → kind.
_KIND_OF = {
    "person_id": "person",
    "person_ids": "person",
    "organisation_id": "organisation",
    "organisation_ids": "organisation",
    "parent_id": "organisation",
    "main_contact_person_id": "person",
    "duplicate_id": "person",
    "deal_id": "deal",
    "pipeline_id": "pipeline",
    "stage_id": "stage",
    "user_id": "user",
    "user_ids": "user",
    "group_id": "group",
    "group_ids": "group",
    "responsible_user_id": "user",
    "assignee_user_id": "user",
    "creator_user_id": "user",
}
# Texts of their own form that a request without them would be refused for, before anybody looks at ids.
_TEXTS = {"email": "erika@attacker.example", "password": "correct horse battery", "new_password": "correct horse battery"}
_NEEDED = {"lost_reason", "password"}


@dataclass(frozen=True)
class Attack:
    verb: str
    path: str
    template: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    # An id in the path is a foreign one: then nothing but "not found" is right.
    hidden: bool = False


def attacks(document: Mapping[str, Any], *, own: Ids, foreign: Ids) -> Iterator[Attack]:
    """Every operation below /v1 with every slot for an id, one foreign id at a time."""
    for template, item in document["paths"].items():
        for verb, operation in item.items():
            if verb in _VERBS and template.startswith("/v1/"):
                yield from _of_operation(document, verb.upper(), template, operation, own=own, foreign=foreign)


def operations(document: Mapping[str, Any]) -> set[str]:
    return {
        f"{verb.upper()} {path}" for path, item in document["paths"].items() for verb in item if verb in _VERBS and path.startswith("/v1/")
    }


def _of_operation(
    document: Mapping[str, Any], verb: str, template: str, operation: Mapping[str, Any], *, own: Ids, foreign: Ids
) -> Iterator[Attack]:
    schema = _schema(document, operation)
    body = None if schema is None else _valid(document, schema, own, patch=verb == "PATCH")
    kinds = {name: _kind_of_variable(template, name) for name in _VARIABLE.findall(template)}
    paths = {name: own[kind] for name, kind in kinds.items()}
    for name, kind in kinds.items():
        yield Attack(verb, _filled(template, paths | {name: foreign[kind]}), template, body=body, hidden=True)
    if len(kinds) > 1:
        yield Attack(verb, _filled(template, {name: foreign[kind] for name, kind in kinds.items()}), template, body=body, hidden=True)
    # From here on the path is right, or the operation would be refused for it; deleting one's own things proves nothing.
    if verb == "DELETE":
        return
    path = _filled(template, paths)
    names = [_resolve(document, parameter)["name"] for parameter in operation.get("parameters", []) if _is_query(document, parameter)]
    for name in names:
        for value in _foreign_values(name, foreign):
            yield Attack(verb, path, template, query={name: value}, body=body)
    if schema is not None:
        for changed in _with_foreign(document, schema, body, own=own, foreign=foreign):
            yield Attack(verb, path, template, body=changed)
    if not kinds and verb == "GET":
        yield Attack(verb, path, template)


def _is_query(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> bool:
    return bool(_resolve(document, parameter)["in"] == "query")


def _foreign_values(name: str, foreign: Ids) -> list[str]:
    """What to put into a query parameter or a text field that points somewhere; nothing where it does not."""
    if name in ("subject", "record"):
        return [f"{noun}/{foreign[kind]}" for kind, noun in SUBJECT_NOUNS.items()]
    if name in _KIND_OF:
        return [foreign[_KIND_OF[name]]]
    if name in ("q", "name", "tag"):
        return [foreign["canary"]]
    return []


def _kind_of_variable(template: str, name: str) -> str:
    if name in _KIND_OF:
        return _KIND_OF[name]
    noun = template.split(f"/{{{name}}}", maxsplit=1)[0].rpartition("/")[2]
    return noun.replace("-", "_").removesuffix("es" if noun.endswith(("ches", "sses")) else "s")


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: values[match[1]], template)


def _resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself behind `$ref`, `allOf` and a choice between something and null."""
    while "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    for one in schema.get("anyOf", []):
        if one.get("type") != "null":
            return _resolve(document, one)
    if "allOf" in schema:
        merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            merged = {**_resolve(document, part), **merged}
        schema = merged
    if isinstance(schema.get("type"), list):
        return {**schema, "type": next(kind for kind in schema["type"] if kind != "null")}
    return schema


def _schema(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Of the body, where it is JSON."""
    told = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if told is None else _resolve(document, told["schema"])


def _properties(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    resolved = {name: _resolve(document, one) for name, one in schema.get("properties", {}).items()}
    return {name: one for name, one in resolved.items() if not one.get("readOnly")}


def _valid(document: Mapping[str, Any], schema: Mapping[str, Any], own: Ids, *, patch: bool = False) -> dict[str, Any]:
    """A body that would be accepted; of a patch one field that can be changed."""
    properties = _properties(document, schema)
    wanted = {*schema.get("required", ()), *(_NEEDED & properties.keys())}
    if patch:
        texts = {name for name, one in properties.items() if one.get("type") == "string" and not one.get("format")}
        wanted = set(sorted(name for name in texts if not _foreign_values(name, own) or name == "name")[:1])
    return {name: _value(document, name, properties[name], own) for name in sorted(wanted) if name in properties}


def _value(document: Mapping[str, Any], name: str, schema: Mapping[str, Any], own: Ids) -> Any:
    points_at = [value for value in _foreign_values(name, own) if name not in ("q", "name", "tag")]
    if points_at:
        return points_at[0]
    match schema.get("type"):
        case "array":
            return [_value(document, name, _resolve(document, schema["items"]), own)]
        case "object":
            return _valid(document, schema, own)
        case "integer":
            return 1
        case "boolean":
            return True
    if "enum" in schema:
        return schema["enum"][0]
    return {"date": "2027-01-04", "date-time": "2027-01-04T10:00:00Z"}.get(schema.get("format", ""), _TEXTS.get(name, "Angriff"))


def _with_foreign(document: Mapping[str, Any], schema: Mapping[str, Any], body: Any, *, own: Ids, foreign: Ids) -> Iterator[Any]:
    """The body once per place where an id can stand, with a foreign one there."""
    for name, one in _properties(document, schema).items():
        if one.get("type") == "array":
            items = _resolve(document, one["items"])
            if items.get("type") == "object":
                for changed in _with_foreign(document, items, _valid(document, items, own), own=own, foreign=foreign):
                    yield {**body, name: [changed]}
            else:
                yield from ({**body, name: [value]} for value in _foreign_values(name, foreign))
        elif one.get("type") == "object":
            for changed in _with_foreign(document, one, _valid(document, one, own), own=own, foreign=foreign):
                yield {**body, name: changed}
        else:
            yield from ({**body, name: value} for value in _foreign_values(name, foreign) if name not in ("q", "name", "tag"))
