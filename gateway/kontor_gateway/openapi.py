"""The OpenAPI 3.1 document, made from the descriptors, the protos' comments, and what the hand-written routes say of themselves."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kontor_gateway.codec import json_name
from kontor_gateway.comments import load_comments
from kontor_gateway.field_rules import is_required
from kontor_gateway.openapi_components import HEADERS, PARAMETERS, PREAMBLE, RESPONSES, SECURITY, problem_schema
from kontor_gateway.openapi_schemas import Schema, Schemas
from kontor_gateway.peculiar import FIXED_FIELDS
from kontor_gateway.routes import is_create
from kontor_gateway.translation import Translation

_JSON = "application/json"
# Records that can be merged, and what stands below them.
_MERGED = ("/v1/persons/{", "/v1/organisations/{")
_WORD = re.compile(r"[A-Z][a-z0-9]*")
_SENTENCE = re.compile(r"(.+?[.?!])(?:\s+(.*))?", re.DOTALL)


def document(translations: Sequence[Translation], pages: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    """The whole document. `pages` are the operations of the hand-written routes by their templates and verbs."""
    schemas = Schemas(load_comments())
    schemas.components["Problem"] = problem_schema()
    paths: dict[str, dict[str, Any]] = {}
    for translation in translations:
        path = _path(translation)
        paths.setdefault(path, {})[translation.binding.verb.lower()] = _operation(translation, schemas)
    for (template, verb), operation in pages.items():
        paths.setdefault(template, {})[verb.lower()] = dict(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kontor", "version": "1", "description": PREAMBLE},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": _tags(translations, schemas),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": RESPONSES,
            "securitySchemes": SECURITY,
        },
    }


def _path(translation: Translation) -> str:
    """The template with the variables as the JSON names of their fields; one path has one set of names in OpenAPI."""
    path = translation.binding.template
    for variable, _ in translation.path_parameters():
        path = path.replace("{" + variable + "}", "{" + _variable(variable) + "}")
    return path


def _variable(variable: str) -> str:
    return variable.rpartition(".")[2]


def _operation(translation: Translation, schemas: Schemas) -> Schema:
    method = translation.method
    fixed = FIXED_FIELDS.get(f"{translation.binding.verb} {translation.binding.template}")
    comment = fixed.summary if fixed else schemas.comment(method.descriptor.full_name)
    summary, more = _summary(comment or _words(method.name) + ".")
    scope = method.rule.scope
    description = " ".join(part for part in (more, f"Needs the scope `{scope}`." if scope and not method.rule.public else "") if part)
    operation: Schema = {
        "operationId": fixed.operation_id if fixed else method.name[0].lower() + method.name[1:],
        "tags": [_tag(translation)],
        "summary": summary,
        **({"description": description} if description else {}),
        "parameters": _parameters(translation, schemas),
    }
    body = _body(translation, schemas)
    if body:
        operation["requestBody"] = body
    operation["responses"] = _responses(translation, schemas)
    operation["security"] = [] if method.rule.public else [{"bearer": [scope]}]
    return operation


def _parameters(translation: Translation, schemas: Schemas) -> list[Schema]:
    parameters: list[Schema] = [
        {"name": _variable(variable), "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for variable, _ in translation.path_parameters()
    ]
    for field in translation.query_fields():
        comment = schemas.comment(field.full_name)
        parameter: Schema = {"name": json_name(field), "in": "query", "schema": schemas.parameter(field)}
        if is_required(field):
            parameter["required"] = True
        parameters.append({**parameter, **({"description": comment} if comment else {})})
    if translation.has("etag"):
        parameters.append({"$ref": "#/components/parameters/IfMatch"})
    if translation.has("request_id"):
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if _is_conditional(translation):
        parameters.append({"$ref": "#/components/parameters/IfNoneMatch"})
    return parameters


def _body(translation: Translation, schemas: Schemas) -> Schema | None:
    if not translation.takes_body:
        return None
    if translation.whole_body:
        without = translation.not_in_body | {path[0] for path in translation.path_fields}
        schema = schemas.input_object(translation.body_type, without=without)
        if not schema["properties"]:
            return None
        return {**({"required": True} if "required" in schema else {}), "content": {_JSON: {"schema": schema}}}
    schema = schemas.input(translation.body_type)
    if translation.has("update_mask"):
        schema = {"allOf": [schema], "minProperties": 1}
    else:
        in_path = {path[-1] for path in translation.path_fields}
        mandatory = [name for name in schemas.mandatory(translation.body_type) if name not in in_path]
        schema = {"allOf": [schema], "required": mandatory} if mandatory else schema
    return {"required": True, "content": {_JSON: {"schema": schema}}}


def _responses(translation: Translation, schemas: Schemas) -> Schema:
    output = translation.method.descriptor.output_type
    etag = {"ETag": {"$ref": "#/components/headers/ETag"}} if "etag" in output.fields_by_name else {}
    responses: Schema = {}
    if not output.fields:
        responses["204"] = {"description": "Done."}
    elif is_create(translation):
        headers = {**etag, "Location": {"$ref": "#/components/headers/Location"}}
        responses["201"] = {"description": "Made.", "headers": headers, "content": {_JSON: {"schema": schemas.output(output)}}}
    else:
        found: Schema = {"description": "Found.", "content": {_JSON: {"schema": schemas.output(output)}}}
        ok = {**found, "description": "Done."} if translation.takes_body else found
        responses["200"] = {**ok, "headers": etag} if etag else ok
    if _is_conditional(translation):
        responses["304"] = {"description": "The client's copy is still true.", "headers": etag}
    if translation.binding.verb == "GET" and translation.binding.template.startswith(_MERGED):
        responses["307"] = {"$ref": "#/components/responses/Moved"}
    for status in _problem_statuses(translation):
        responses[status] = {"$ref": "#/components/responses/Problem"}
    return responses


def _problem_statuses(translation: Translation) -> list[str]:
    writes = translation.binding.verb != "GET"
    possible = {
        "400": True,
        "401": True,
        "403": not translation.method.rule.public,
        "404": bool(translation.path_fields),
        "409": writes,
        "412": writes and translation.has("etag"),
        "413": translation.takes_body,
        "415": translation.takes_body,
        "422": translation.has("request_id"),
        "default": True,
    }
    return [status for status, applies in possible.items() if applies]


def _is_conditional(translation: Translation) -> bool:
    return translation.binding.verb == "GET" and "etag" in translation.method.descriptor.output_type.fields_by_name


def _tag(translation: Translation) -> str:
    service: str = translation.method.descriptor.containing_service.name
    return service.removesuffix("Service")


def _tags(translations: Sequence[Translation], schemas: Schemas) -> list[Schema]:
    tags: dict[str, Schema] = {}
    for translation in translations:
        comment = schemas.comment(translation.method.descriptor.containing_service.full_name)
        tags.setdefault(_tag(translation), {"name": _tag(translation), **({"description": comment} if comment else {})})
    tags.setdefault("Calendar", {"name": "Calendar"})
    tags.setdefault("Message", {"name": "Message"})
    return [*tags.values(), {"name": "Installation", "description": "The installation itself."}]


def _words(name: str) -> str:
    """`GetPerson` → `Get person`."""
    first, *rest = _WORD.findall(name)
    return " ".join([first, *(word.lower() for word in rest)])


def _summary(comment: str) -> tuple[str, str]:
    """The first sentence, and the rest."""
    match = _SENTENCE.fullmatch(comment)
    return (match[1], match[2] or "") if match else (comment, "")
