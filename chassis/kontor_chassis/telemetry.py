"""Traces over HTTP, gRPC and the bus (OpenTelemetry, W3C Trace Context). Without a collector nothing is recorded, but a
trace that a caller began is still passed on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("kontor")


def configure_telemetry(service: str, endpoint: str) -> None:
    """Send spans to the collector at `endpoint`; empty: do nothing. Called once, before anything is served."""
    if not endpoint:
        return
    # Imported here because the exporter costs 20 MB, which an installation without a collector need not pay.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"kontor-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))))
    trace.set_tracer_provider(provider)


def current_traceparent() -> str:
    """The W3C `traceparent` of the running span; empty where there is none."""
    if not trace.get_current_span().get_span_context().is_valid:
        return ""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def span(
    name: str, *, kind: SpanKind = SpanKind.INTERNAL, traceparent: str = "", attributes: Mapping[str, str] | None = None
) -> AbstractContextManager[None]:
    """A span around a block, continuing `traceparent` where one is given, else the running span."""
    if not traceparent and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        # No collector, and no caller's trace to pass on.
        return nullcontext()
    return _span(name, kind, traceparent, attributes)


@contextmanager
def _span(name: str, kind: SpanKind, traceparent: str, attributes: Mapping[str, str] | None) -> Iterator[None]:
    parent: Context | None = _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None
    with _TRACER.start_as_current_span(name, context=parent, kind=kind, attributes=attributes):
        yield
