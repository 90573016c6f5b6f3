"""What the protos' options say of a field: google.api.field_behavior (AIP-203) and kontor.type.v1.bounds.

The services enforce it; here it is only read, for the OpenAPI document.
"""

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from kontor.type.v1 import bounds_pb2

# Told to clients and ignored from them. An identifier is chosen by us and said back in paths only.
_ANSWERED = frozenset({field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER})


def is_required(field: FieldDescriptor) -> bool:
    """Whether a record cannot be without it: it must be said when the record is made, and cannot be emptied later."""
    return field_behavior_pb2.REQUIRED in _behaviours(field)


def is_read_only(field: FieldDescriptor) -> bool:
    return bool(_ANSWERED.intersection(_behaviours(field)))


def is_immutable(field: FieldDescriptor) -> bool:
    """Whether it can be said when the record is made, and not changed later."""
    return field_behavior_pb2.IMMUTABLE in _behaviours(field)


def is_resource(message: Descriptor) -> bool:
    """Whether it stands for itself and is changed in parts; what has no identifier of its own is always said whole."""
    return any(field_behavior_pb2.IDENTIFIER in _behaviours(field) for field in message.fields)


def bounds_of(field: FieldDescriptor) -> bounds_pb2.Bounds:
    """What is not bounded is 0, or absent."""
    return field.GetOptions().Extensions[bounds_pb2.bounds]


def _behaviours(field: FieldDescriptor) -> frozenset[int]:
    return frozenset(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])
