"""As much of `opentelemetry` as `azure-functions-durable` imports: a propagator that has no trace to propagate."""

from __future__ import annotations


class TraceContextTextMapPropagator:
    """Adds nothing: the host knows the trace of each call by itself."""

    def inject(self, carrier: dict[str, str]) -> None:
        """Leaves the headers as they are."""
