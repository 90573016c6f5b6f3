"""House rules of the protos (DESIGN section 4), checked on protos/gen/kontor/descriptors.binpb: `make check`.

Each rule is a function that yields what is wrong; findings name file, line and element, and any of them makes the exit status 1.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.api import annotations_pb2, field_behavior_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

from kontor.type.v1 import bounds_pb2, rule_pb2

DESCRIPTORS = Path(__file__).resolve().parent.parent / "protos" / "gen" / "kontor" / "descriptors.binpb"

# First words of scopes that are no service's name: search asks all owners for `documents`, every service has an `audit` log,
# operators keep `accounts`, and a feed's secret opens the `calendar` only.
COMMON_SCOPES = frozenset({"accounts", "audit", "calendar", "documents"})
SCOPE_VERBS = frozenset({"read", "write", "delete", "admin", "self"})
# Where an account stands in a request: there is none yet, it is the resource itself, or nobody is signed in yet.
ACCOUNT_FIELDS = frozenset({"CreateAccountRequest.account", "UpdateAccountRequest.account", "CreateSessionRequest.account"})
READING_VERBS = ("Get", "List", "Search", "BatchGet", "Count", "Verify")
# Participles that do not end in "ed".
PARTICIPLES = frozenset({"Won", "Lost", "Held", "Sent", "Left", "Found", "Begun", "Given", "Sold", "Paid"})

# Set by the owner in every record that has them (AIP-148).
ANSWERED_FIELDS = frozenset({"etag", "create_time", "update_time", "creator_user_id"})
# What comments must not say, because google.api.field_behavior says it so that programs can read it.
BEHAVIOUR_WORDS = re.compile(r"\b(mandatory|output only|read[- ]only|input only|immutable|required)\b", re.IGNORECASE)

STRING, INT32, MESSAGE = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_INT32, FieldDescriptorProto.TYPE_MESSAGE
REPEATED = FieldDescriptorProto.LABEL_REPEATED
INTEGERS = frozenset({INT32, FieldDescriptorProto.TYPE_INT64, FieldDescriptorProto.TYPE_UINT32, FieldDescriptorProto.TYPE_UINT64})
TIME_SUFFIXES = {".google.protobuf.Timestamp": "_time", ".google.type.Date": "_date"}


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    element: str
    message: str

    def __str__(self) -> str:
        return f"protos/{self.file}:{self.line}: {self.element}: {self.message}"


@dataclass(frozen=True)
class Method:
    """A method with what its rules look at."""

    name: str
    # The middle of its package: `contacts` of `kontor.contacts.v1`.
    service: str
    rule: rule_pb2.MethodRule
    # (verb, path, body) of each HTTP binding.
    bindings: Sequence[tuple[str, str, str]]
    request: DescriptorProto
    response: DescriptorProto
    messages: Mapping[str, DescriptorProto]

    @property
    def verb(self) -> str:
        """`BatchGet`, `Create`, `Move` …"""
        word = re.match(r"BatchGet|[A-Z][a-z0-9]*", self.name)
        return word[0] if word else self.name

    @property
    def is_reading(self) -> bool:
        return self.verb in READING_VERBS

    @property
    def is_writing(self) -> bool:
        return self.rule.transaction == rule_pb2.TRANSACTION_WRITE or self.verb in ("Create", "Update", "Delete")


def findings(files: FileDescriptorSet) -> list[Finding]:
    """Everything that is wrong in the files of packages `kontor.…`, in the order of the files."""
    messages = {f".{file.package}.{path}": message for file in files.file for path, message, _ in _messages(file)}
    found = [finding for file in files.file if file.package.startswith("kontor.") for finding in _of_file(file, messages)]
    return found + list(_shared_routes(files))


def _of_file(file: FileDescriptorProto, messages: Mapping[str, DescriptorProto]) -> Iterator[Finding]:
    lines = {tuple(location.path): location.span[0] + 1 for location in file.source_code_info.location}
    is_event_file = ".events." in file.package

    def finding(element: str, message: str, path: tuple[int, ...]) -> Finding:
        return Finding(file.name, lines.get(path, 1), element, message)

    if not file.name.startswith(file.package.replace(".", "/") + "/"):
        yield finding(file.package, "the folder is not that of the package", (2,))
    comments = {tuple(location.path): location.leading_comments for location in file.source_code_info.location}
    for name, message, path in _messages(file):
        for text in _message_rules(name, message):
            yield finding(name, text, path)
        for place, field in enumerate(message.field):
            for text in _field_rules(field, comments.get((*path, 2, place), "")):
                yield finding(name, text, (*path, 2, place))
        if is_event_file:
            for text in _event_rules(name, message):
                yield finding(name, text, path)
    for name, enum, path in _enums(file):
        for text in _enum_rules(enum):
            yield finding(name, text, path)
    for place, service in enumerate(file.service):
        if is_event_file:
            yield finding(service.name, "a package of events has no services", (6, place))
        for number, descriptor in enumerate(service.method):
            method = _method(file, descriptor, messages)
            for rule in METHOD_RULES:
                for text in rule(method):
                    yield finding(f"{service.name}.{method.name}", text, (6, place, 2, number))


def _method(file: FileDescriptorProto, descriptor: MethodDescriptorProto, messages: Mapping[str, DescriptorProto]) -> Method:
    http = descriptor.options.Extensions[annotations_pb2.http]
    bindings = []
    for item in (http, *http.additional_bindings):
        verb = item.WhichOneof("pattern")
        if verb:
            bindings.append((verb.upper(), str(getattr(item, verb)), item.body))
    return Method(
        name=descriptor.name,
        service=file.package.split(".")[1],
        rule=descriptor.options.Extensions[rule_pb2.rule],
        bindings=bindings,
        request=messages.get(descriptor.input_type, DescriptorProto(name=descriptor.input_type)),
        response=messages.get(descriptor.output_type, DescriptorProto(name=descriptor.output_type)),
        messages=messages,
    )


# Methods ----------------------------------------------------------------------------------------------------------------------


def scope_rules(method: Method) -> Iterator[str]:
    rule = method.rule
    if rule.transaction == rule_pb2.TRANSACTION_UNSPECIFIED:
        yield "kontor.type.v1.rule must say which transaction"
    if bool(rule.scope) == rule.public:
        yield "kontor.type.v1.rule must have either a scope or public"
    if rule.scope:
        subject, _, verb = rule.scope.partition(".")
        if subject != method.service and subject not in COMMON_SCOPES:
            yield f"the scope {rule.scope} is of another service than {method.service}"
        if verb not in SCOPE_VERBS:
            yield f"the scope {rule.scope} must end in one of {', '.join(sorted(SCOPE_VERBS))}"


def transaction_rules(method: Method) -> Iterator[str]:
    if method.is_reading and method.rule.transaction == rule_pb2.TRANSACTION_WRITE:
        yield "what is named as reading must not write: TRANSACTION_READ or TRANSACTION_NONE"
    if method.is_writing and method.rule.transaction == rule_pb2.TRANSACTION_READ:
        yield "what is named as writing cannot do it in TRANSACTION_READ"


def http_rules(method: Method) -> Iterator[str]:
    for verb, path, body in method.bindings:
        wanted = {"Create": "POST", "Update": "PATCH", "Delete": "DELETE"}.get(method.verb, "GET" if method.is_reading else "POST")
        if verb != wanted:
            yield f"{method.verb} uses {wanted}, not {verb}"
        if verb in ("GET", "DELETE") and body:
            yield f"{verb} has no body"
        if method.verb == "Update" and (not body or body == "*"):
            yield "Update has the resource as its body"
        if wanted == "POST" and method.verb != "Create":
            yield from _custom_verb_rules(method.name, path)
            if body != "*":
                yield 'a custom verb has body: "*"'
        yield from _path_rules(method, path, body)


def _custom_verb_rules(name: str, path: str) -> Iterator[str]:
    custom = path.rpartition("/")[2].partition(":")[2]
    if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", custom):
        yield "the path of a custom verb ends in :verb in camelCase"
        return
    words = iter(re.findall(r"[A-Z][a-z0-9]*", name))
    # `MarkNotificationSeen` is `:markSeen`: the method's words in their order, without the noun.
    if not all(word.capitalize() in words for word in re.findall(r"[a-z]+|[A-Z][a-z]*", custom)):
        yield f":{custom} is not what {name} says"


def _path_rules(method: Method, path: str, body: str) -> Iterator[str]:
    if not re.fullmatch(r"(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z_.0-9]+\}))+(:[a-zA-Z]+)?", path) or not path.startswith("/v1/"):
        yield f"{path} must begin with /v1/ and have its words in lower case, joined by hyphens"
    for variable in re.findall(r"\{([^}]*)\}", path):
        if not _resolves(method.request, variable.split("."), method.messages):
            yield f"{path}: the request has no {variable}"
    if body not in ("", "*") and not _resolves(method.request, [body], method.messages):
        yield f"the request has no {body} for the body"


def request_rules(method: Method) -> Iterator[str]:
    fields = _fields(method.request)
    if method.request.name != f"{method.name}Request":
        yield f"the request must be called {method.name}Request"
    if method.is_writing and not _is(fields.get("request_id"), STRING):
        yield "a write has a request_id (string)"
    if method.verb in ("List", "Search"):
        if not _is(fields.get("page_size"), INT32) or not _is(fields.get("page_token"), STRING):
            yield "a list is asked for with page_size (int32) and page_token (string)"
        if not _is(_fields(method.response).get("next_page_token"), STRING):
            yield "a list answers next_page_token (string)"
    if method.verb == "Update":
        if not _is(fields.get("update_mask"), STRING, repeated=True):
            yield "an update has an update_mask (repeated string)"
        if not _is(fields.get("etag"), STRING):
            yield "an update has an etag (string)"
        if not _is(_fields(method.response).get("etag"), STRING):
            yield f"what can be updated has an etag (string): {method.response.name}"
    if method.verb == "Delete" and _has_etag(method, method.name.removeprefix("Delete")) and not _is(fields.get("etag"), STRING):
        yield "deleting what has an etag takes an etag (string)"


def account_rules(method: Method) -> Iterator[str]:
    """The account comes from the principal, so no request names one."""
    for message in (method.request, *_within(method.request, method.messages)):
        for field in message.field:
            if field.name in ("account", "account_id", "account_ref") and f"{message.name}.{field.name}" not in ACCOUNT_FIELDS:
                yield f"{message.name}.{field.name}: the account comes from the principal, never from a request"


def behaviour_rules(method: Method) -> Iterator[str]:
    """What a path or a body says is REQUIRED in the request; what records have by themselves is not the client's to set."""
    fields = _fields(method.request)
    for _, path, body in method.bindings:
        named = re.findall(r"\{([^}.]*)\}", path) + ([body] if body not in ("", "*") else [])
        for name in named:
            if name in fields and field_behavior_pb2.REQUIRED not in _behaviours(fields[name]):
                yield f"{method.request.name}.{name}: what the path or the body says is REQUIRED (google.api.field_behavior)"
    for message in _within(method.request, method.messages) if method.bindings else ():
        for field in message.field:
            told = _behaviours(field)
            if field.name == "id" and field_behavior_pb2.IDENTIFIER not in told:
                yield f"{message.name}.id: is an IDENTIFIER (google.api.field_behavior)"
            if field.name in ANSWERED_FIELDS and field_behavior_pb2.OUTPUT_ONLY not in told:
                yield f"{message.name}.{field.name}: is OUTPUT_ONLY (google.api.field_behavior)"


METHOD_RULES = (scope_rules, transaction_rules, http_rules, request_rules, behaviour_rules, account_rules)


def _shared_routes(files: FileDescriptorSet) -> Iterator[Finding]:
    """Two methods that answer one route."""
    owners: dict[tuple[str, str], str] = {}
    for file in files.file:
        for service in file.service:
            for descriptor in service.method:
                for verb, path, _ in _method(file, descriptor, {}).bindings if file.package.startswith("kontor.") else ():
                    name = f"{service.name}.{descriptor.name}"
                    owner = owners.setdefault((verb, re.sub(r"\{[^}]*\}", "{}", path)), name)
                    if owner != name:
                        yield Finding(file.name, 1, name, f"{verb} {path} belongs to {owner} already")


# Messages and enums -----------------------------------------------------------------------------------------------------------


def _message_rules(name: str, message: DescriptorProto) -> Iterator[str]:
    for field in message.field:
        suffix = TIME_SUFFIXES.get(field.type_name)
        if suffix and not f"_{field.name}".endswith((suffix, f"{suffix}s")):
            yield f"{field.name}: a {field.type_name.rpartition('.')[2]} ends in {suffix}"
        for kind, ending in TIME_SUFFIXES.items():
            if field.name.endswith(ending) and field.type_name != kind:
                yield f"{field.name}: what ends in {ending} is a {kind[1:]}"
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", field.name):
            yield f"{field.name}: fields are in snake_case"
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name.rpartition(".")[2]):
        yield "messages are in CamelCase"


def _field_rules(field: FieldDescriptorProto, comment: str) -> Iterator[str]:
    word = BEHAVIOUR_WORDS.search(comment)
    if word:
        yield f"{field.name}: its comment says {word[0]!r}; google.api.field_behavior says that"
    bounds = field.options.Extensions[bounds_pb2.bounds]
    if (bounds.HasField("minimum") or bounds.HasField("maximum")) and field.type not in INTEGERS:
        yield f"{field.name}: only integers have a minimum and a maximum"
    if (bounds.min_length or bounds.max_length) and field.type != STRING:
        yield f"{field.name}: only strings have a length"
    if bounds.max_items and field.label != REPEATED:
        yield f"{field.name}: only lists have max_items"


def _event_rules(name: str, message: DescriptorProto) -> Iterator[str]:
    """Events are facts in the past tense that carry what replicas need."""
    words = re.findall(r"[A-Z][a-z0-9]*", name)
    if "." in name or words[-1:] == ["Facts"]:
        return
    if len(words) < 2 or not (words[-1].endswith("ed") or words[-1] in PARTICIPLES):
        yield "an event is called NounVerbed, in the past tense"
    first = next((field for field in message.field if field.number == 1), None)
    is_id = first is not None and first.name == "id" and _is(first, STRING)
    if words[-1] in ("Deleted", "Merged") and is_id:
        return
    if first is None or first.type != MESSAGE:
        yield "field 1 of an event is the facts: a message, or the id of what is gone"


def _enum_rules(enum: EnumDescriptorProto) -> Iterator[str]:
    prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name).upper()
    for value in enum.value:
        if value.number == 0 and value.name != f"{prefix}_UNSPECIFIED":
            yield f"{value.name}: the value 0 is {prefix}_UNSPECIFIED"
        elif not value.name.startswith(f"{prefix}_"):
            yield f"{value.name}: values begin with {prefix}_"


# Looking things up ------------------------------------------------------------------------------------------------------------


def _messages(file: FileDescriptorProto) -> Iterator[tuple[str, DescriptorProto, tuple[int, ...]]]:
    """Every message with its name within the package and its path in the source information, nested ones too."""
    waiting: list[tuple[str, DescriptorProto, tuple[int, ...]]] = []
    waiting += [(message.name, message, (4, place)) for place, message in enumerate(file.message_type)]
    while waiting:
        name, message, path = waiting.pop(0)
        yield name, message, path
        waiting += [(f"{name}.{inner.name}", inner, (*path, 3, place)) for place, inner in enumerate(message.nested_type)]


def _enums(file: FileDescriptorProto) -> Iterator[tuple[str, EnumDescriptorProto, tuple[int, ...]]]:
    yield from ((enum.name, enum, (5, place)) for place, enum in enumerate(file.enum_type))
    for name, message, path in _messages(file):
        yield from ((f"{name}.{enum.name}", enum, (*path, 4, place)) for place, enum in enumerate(message.enum_type))


def _fields(message: DescriptorProto) -> dict[str, FieldDescriptorProto]:
    return {field.name: field for field in message.field}


def _behaviours(field: FieldDescriptorProto) -> frozenset[int]:
    return frozenset(field.options.Extensions[field_behavior_pb2.field_behavior])


def _within(message: DescriptorProto, messages: Mapping[str, DescriptorProto]) -> Iterator[DescriptorProto]:
    """The messages that a message is made of, at any depth, each once."""
    waiting, seen = [message], {message.name}
    while waiting:
        for field in waiting.pop().field:
            inner = messages.get(field.type_name)
            if inner is not None and inner.name not in seen:
                seen.add(inner.name)
                waiting.append(inner)
                yield inner


def _is(field: FieldDescriptorProto | None, kind: "FieldDescriptorProto.Type.ValueType", *, repeated: bool = False) -> bool:
    return field is not None and field.type == kind and (field.label == REPEATED) == repeated


def _has_etag(method: Method, noun: str) -> bool:
    resource = next((message for name, message in method.messages.items() if name == f".kontor.{method.service}.v1.{noun}"), None)
    return resource is not None and "etag" in _fields(resource)


def _resolves(message: DescriptorProto, path: Sequence[str], messages: Mapping[str, DescriptorProto]) -> bool:
    field = _fields(message).get(path[0])
    if field is None or len(path) == 1:
        return field is not None
    inner = messages.get(field.type_name)
    return inner is not None and _resolves(inner, path[1:], messages)


def main() -> None:
    found = findings(FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()))
    for finding in found:
        print(finding)
    if found:
        sys.exit(1)


if __name__ == "__main__":
    main()
