"""The proxy's figures for Prometheus. Energy appears only where a sensor tells it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from wattline.core.printable import printable
from wattline.web.proxy.ledger import Ledger
from wattline.web.proxy.tracked_request import TrackedRequest

MODELS = 100  # names of models are the clients' to choose; beyond these all count as "other"
PER_TOKEN = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
PER_REQUEST = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0, 100_000.0)


class Metrics:
    """Counters and histograms in a registry of their own. ``basis``: measured or modelled; empty without a sensor."""

    def __init__(self, basis: str) -> None:
        self.registry = own = CollectorRegistry()
        self.basis = basis
        self._models: set[str] = set()
        self.requests = Counter("wattline_requests", "Requests passed", ("model", "kind", "outcome"), registry=own)
        self.tokens = Counter("wattline_tokens", "Tokens of finished requests", ("model", "type"), registry=own)
        self.active = Gauge("wattline_requests_active", "Requests running now", registry=own)
        self.first = Histogram("wattline_first_token_seconds", "Arrival to first token", ("model",), registry=own)
        if basis:
            self._energy()

    def _energy(self) -> None:
        own, basis = self.registry, ("basis",)
        self.request_j = Counter(
            "wattline_request_energy_joules", "Settled energy of requests", ("model", "phase", *basis), registry=own
        )
        self.idle_j = Counter("wattline_idle_energy_joules", "Energy that no request is given", basis, registry=own)
        self.device_j = Counter("wattline_device_energy_joules", "Energy of the devices", basis, registry=own)
        self.missing_s = Counter(
            "wattline_unknown_energy_seconds", "Time in which a sensor gave no reading", registry=own
        )
        self.power_w = Gauge("wattline_device_power_watts", "Mean power of the last interval", basis, registry=own)
        self.per_token = Histogram(
            "wattline_joules_per_output_token", "Settled energy over output tokens", ("model", *basis),
            buckets=PER_TOKEN, registry=own,
        )  # fmt: skip
        self.per_request = Histogram(
            "wattline_joules_per_request", "Settled energy of a request", ("model", *basis),
            buckets=PER_REQUEST, registry=own,
        )  # fmt: skip

    def name(self, model: str) -> str:
        """The model as a label, which a terminal shows too."""
        model = printable(model)
        if model in self._models or len(self._models) < MODELS:
            self._models.add(model)
            return model or "unknown"
        return "other"

    def ended(self, tracked: TrackedRequest) -> None:
        """A request has ended."""
        model = self.name(tracked.model if tracked.status and tracked.status < 400 else "")
        self.requests.labels(model, tracked.kind, tracked.outcome).inc()
        output = tracked.tokens.output if tracked.tokens.output is not None else tracked.deltas
        for kind, count in (("prompt", tracked.tokens.prompt), ("cached", tracked.tokens.cached), ("output", output)):
            if count:
                self.tokens.labels(model, kind).inc(count)
        if tracked.first_s is not None:
            self.first.labels(model).observe(tracked.first_s - tracked.begin_s)

    def settled(self, tracked: TrackedRequest) -> None:
        """A request's joules are settled."""
        if not self.basis:
            return
        model = self.name(tracked.model if tracked.status and tracked.status < 400 else "")
        for phase, row in zip(("prefill", "decode"), tracked.settled, strict=True):
            self.request_j.labels(model, phase, self.basis).inc(row[1])
        if tracked.missing_s:
            return
        self.per_request.labels(model, self.basis).observe(tracked.energy_j)
        output = tracked.tokens.output if tracked.tokens.output is not None else tracked.deltas
        if output:
            self.per_token.labels(model, self.basis).observe(tracked.energy_j / output)

    def text(self, ledger: Ledger, power_w: float | None) -> bytes:
        """The page that Prometheus reads.

        Parameters
        ----------
        ledger : whose running requests are counted
        power_w : of the device now [W]; None where it is not known

        Returns
        -------
        The page.
        """
        self.active.set(len(ledger.running))
        if self.basis and power_w is not None:
            self.power_w.labels(self.basis).set(power_w)
        return generate_latest(self.registry)
