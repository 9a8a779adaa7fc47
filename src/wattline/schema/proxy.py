"""The JSON of the proxy's own pages: ``/wattline/requests/ID``, ``/wattline/energy``, ``/wattline/healthz``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, said

EnergyBasis = Literal["measured", "modelled"]


class RequestInputs(StrictJson):
    """A request of the proxy's."""

    request: str = said("Its id, or that of its response.")


class UpstreamInputs(StrictJson):
    """The proxy's server."""

    upstream: str = said("The address of the model server.")


class RequestResults(StrictJson):
    """One request with its tokens and its energy; null where it is not known."""

    id: str = said("The proxy's id of it, as in the header X-Wattline-Request.")
    response_id: str | None = said("The id that the server gave its response.")
    path: str = said("Its path.")
    model: str | None = said("The model that answered.")
    stream: bool = said("Whether the response came as a stream.")
    status: int | None = said("HTTP status of the response; null before it came.")
    outcome: str = said("How it ended: ok, client left, upstream down, …; running before it did.")
    begin: str = said("When it arrived (ISO 8601, UTC).")
    duration_s: float | None = said("Time from its arrival to its end.")
    first_token_s: float | None = said("Time from its arrival to the first token of a stream.")
    prompt_tokens: int | None = said("Tokens of the prompt.")
    cached_tokens: int | None = said("Of them those that the server had in its cache.")
    output_tokens: int | None = said("Tokens of the answer.")
    tokens_basis: Literal["reported", "counted", "unknown"] = said(
        "How its tokens are known: `reported` by the server, `counted` from the pieces of the stream, or `unknown`."
    )
    energy_j: MeasuredJson | None = said("Its energy: settled, or an estimate until then.")
    prefill_j: float | None = said("Of it for reading the prompt; null until it is settled.")
    decode_j: float | None = said("Of it for writing the answer; null until it is settled.")
    energy_basis: EnergyBasis | None = said("How the energy of the devices is known.")
    settled: bool = said("Whether its energy is settled, and no longer an estimate.")
    missing_s: float = said("Seconds of it in which a sensor gave nothing.")
    reported_j: float | None = said("The energy that its response carried.")


class ProxyTotalsJson(StrictJson):
    """Where the devices' energy went since the proxy began; null where there is no sensor."""

    device_j: float | None = said("Energy of the devices.")
    requests_j: float | None = said("Of it settled as that of requests.")
    idle_j: float | None = said("Of it settled as that of no request.")
    pending_j: float | None = said("Of it not settled yet.")
    unknown_s: float | None = said("Seconds in which a sensor gave nothing.")
    power_w: float | None = said("Mean power of the last interval.")
    energy_basis: EnergyBasis | None = said("How the energy is known.")
    error: float | None = said("Error of the sensors, a share of the reading.")
    running: int = said("Requests that run now.")
    sensors: list[str] = said("The sensors.")
    faults: dict[str, int] = said("Faults of their readings, by kind.")
    weights: str = said("What prefill and decode are weighed by.")


class HealthResults(ProxyTotalsJson):
    """That the proxy runs, and the same sums."""

    status: Literal["ok"] = said("Always ok: a proxy that does not run does not answer.")


class ProxyRequestsJson(EnvelopeJson[RequestInputs, RequestResults]):
    """One request of the proxy's, at `/wattline/requests/ID`. What is not there answers 404 with `error` alone."""

    command: Literal["proxy requests"]


class ProxyEnergyJson(EnvelopeJson[UpstreamInputs, ProxyTotalsJson]):
    """Where the energy went, at `/wattline/energy` of the proxy."""

    command: Literal["proxy energy"]


class ProxyHealthJson(EnvelopeJson[UpstreamInputs, HealthResults]):
    """The health of the proxy, at its `/wattline/healthz`."""

    command: Literal["proxy healthz"]
