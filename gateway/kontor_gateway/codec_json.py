"""kontor.type.v1.JsonValue as the JSON value that its text is."""

from typing import Any

import orjson

from kontor.type.v1.audit_pb2 import JsonValue


def write_json(value: JsonValue) -> Any:
    return orjson.loads(value.text or b"null")


def read_json(value: Any) -> dict[str, Any]:
    return {"text": orjson.dumps(value).decode()}
