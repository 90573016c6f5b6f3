"""Web forms in the OpenAPI document, for those who send to them by scripts."""

from collections.abc import Mapping
from typing import Any

_KEY = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Of the web form."}
_LANGUAGE = {
    "name": "lang",
    "in": "query",
    "schema": {"type": "string", "enum": ["de", "en"]},
    "description": "Language of the texts; absent: the form's own.",
}
_HTML = {"text/html": {"schema": {"type": "string"}}}
_OBJECT = {"schema": {"type": "object"}}
_VALUES = {
    "type": "object",
    "description": "By the keys of the form's fields.",
    "additionalProperties": {
        "anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "integer"}, {"type": "array", "items": {"type": "string"}}]
    },
}
_SENT = {
    "type": "object",
    "properties": {
        "values": _VALUES,
        "consent": {"type": "boolean"},
        "page_token": {"type": "string", "description": "As the form was answered with."},
        "website": {"type": "string", "description": "Stays empty."},
    },
}

FORM: Mapping[str, Any] = {
    "operationId": "getForm",
    "tags": ["WebForm"],
    "summary": "A web form as a page, or with `Accept: application/json` as what a script needs to show it.",
    "security": [],
    "parameters": [_KEY, _LANGUAGE],
    "responses": {
        "200": {"description": "The form.", "content": {**_HTML, "application/json": _OBJECT}},
        "404": {"description": "There is no such form, or not any more.", "content": _HTML},
        "default": {"$ref": "#/components/responses/Problem"},
    },
}
SEND: Mapping[str, Any] = {
    "operationId": "sendForm",
    "tags": ["WebForm"],
    "summary": "Send a web form.",
    "security": [],
    "parameters": [_KEY, _LANGUAGE],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": _OBJECT,
            "application/json": {"schema": _SENT},
        },
    },
    "responses": {
        "200": {"description": "Taken, or to be looked through once more.", "content": {**_HTML, "application/json": _OBJECT}},
        "303": {"description": "Taken; to the form's own page of thanks."},
        "403": {"description": "Not from this origin.", "content": _HTML},
        "404": {"description": "There is no such form, or not any more.", "content": _HTML},
        "413": {"description": "Too much.", "content": _HTML},
        "422": {"description": "Something is wrong with the entries.", "content": {**_HTML, "application/json": _OBJECT}},
        "429": {"description": "Too often.", "content": _HTML},
        "default": {"$ref": "#/components/responses/Problem"},
    },
}
