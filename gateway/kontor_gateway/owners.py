"""Methods that several services implement, each for its own records (`kontor.type.v1`): the request says which service is asked."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kontor_chassis.errors import invalid
from kontor_chassis.rpc.channel import Channel
from kontor_gateway.translation import Translation

# The package of the shared protos, where a service's own would stand.
SHARED = "type"
# The services that implement kontor.type.v1.AuditLog, by package.
AUDITED = ("contacts",)
_LIST = re.compile(r"/v1/([a-z-]+)")


class Owners:
    """Finds the service of a request with `service`, and with `subject` where it has one."""

    def __init__(self, translations: Iterable[Translation], channels: Mapping[str, Channel]) -> None:
        self._channels = {service: channels[service] for service in AUDITED if service in channels}
        # A noun belongs to the service that lists it.
        self._nouns = {
            found[1]: one.method.service for one in translations if one.method.service in self._channels and (found := _list(one))
        }

    def channel(self, request: Any) -> Channel:
        """Raises InvalidArgument naming subject or service."""
        service = request.service
        if subject := getattr(request, "subject", ""):
            owner = self._nouns.get(subject.partition("/")[0])
            if owner is None or service not in ("", owner):
                raise invalid("subject", f"is no record of {service}" if service else f"names a record of {', '.join(sorted(self._nouns))}")
            service = owner
        if service not in self._channels:
            raise invalid("service", f"is one of {', '.join(self._channels)}, unless subject names a record")
        return self._channels[service]


def _list(translation: Translation) -> re.Match[str] | None:
    return _LIST.fullmatch(translation.binding.template)
