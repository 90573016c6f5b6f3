"""The OpenAPI 3.1 document as 3.0, for Swagger UI 4, which reads nothing newer. Only what our own document uses is rewritten.

In 3.0 a schema has one type and a mark for null, a reference has nothing beside it, and only OAuth schemes have scopes.
"""

from collections.abc import Mapping
from typing import Any


def as_openapi_30(document: Mapping[str, Any]) -> dict[str, Any]:
    """A new document; the given one stays as it is."""
    converted: dict[str, Any] = _converted({key: value for key, value in document.items() if key != "jsonSchemaDialect"})
    converted["openapi"] = "3.0.3"
    return converted


def _converted(value: Any) -> Any:
    if isinstance(value, list):
        return [_converted(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    node = {key: _converted(item) for key, item in value.items()}
    if set(node) == {"bearer"} and isinstance(node["bearer"], list):
        node["bearer"] = []
    if isinstance(node.get("type"), list):
        node |= _one_type(node.pop("type"))
    variants = node.get("anyOf")
    if isinstance(variants, list) and {"type": "null"} in variants:
        del node["anyOf"]
        kinds = [variant for variant in variants if variant != {"type": "null"}]
        node |= {"allOf" if len(kinds) == 1 else "anyOf": kinds, "nullable": True}
    # 3.0 has no word for which keys an object may have.
    node.pop("propertyNames", None)
    if isinstance(node.get("examples"), list):
        node["example"] = node.pop("examples")[0]
    if "$ref" in node and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
    return node


def _one_type(types: list[str]) -> dict[str, Any]:
    named = [name for name in types if name != "null"]
    one: dict[str, Any] = {"type": named[0]} if len(named) == 1 else {"anyOf": [{"type": name} for name in named]}
    return one | ({"nullable": True} if "null" in types else {})
