"""The JSON of the proxy's own pages under ``/wattline``: ``latest``, ``requests/ID``, ``energy``, ``healthz``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, item

EnergyBasis = Literal["measured", "modelled"]


class RequestInputs(StrictJson):
    """A request of the proxy's."""

    request: str = item("Its id, or that of its response.")


class UpstreamInputs(StrictJson):
    """The proxy's server."""

    upstream: str = item("The address of the model server.")


class RequestResults(StrictJson):
    """One request with its tokens and its energy; null where it is not known."""

    id: str = item("The proxy's id of it, as in the header X-Wattline-Request.")
    response_id: str | None = item("The id that the server gave its response.")
    path: str = item("Its path.")
    model: str | None = item("The model that answered.")
    stream: bool = item("Whether the response came as a stream.")
    status: int | None = item("HTTP status of the response; null before it came.")
    outcome: str = item("How it ended: ok, client left, upstream down, …; running before it did.")
    begin: str = item("When it arrived (ISO 8601, UTC).")
    duration_s: float | None = item("Time from its arrival to its end.")
    first_token_s: float | None = item("Time from its arrival to the first token of a stream.")
    prompt_tokens: int | None = item("Tokens of the prompt.")
    cached_tokens: int | None = item("Of them those that the server had in its cache.")
    output_tokens: int | None = item("Tokens of the answer.")
    tokens_basis: Literal["reported", "counted", "unknown"] = item(
        "How its tokens are known: `reported` by the server, `counted` from the pieces of the stream, or `unknown`."
    )
    energy_j: MeasuredJson | None = item("Its energy: settled, or an estimate until then.")
    prefill_j: float | None = item("Of it for reading the prompt; null until it is settled.")
    decode_j: float | None = item("Of it for writing the answer; null until it is settled.")
    energy_basis: EnergyBasis | None = item("How the energy of the devices is known.")
    settled: bool = item("Whether its energy is settled, and no longer an estimate.")
    missing_s: float = item("Seconds of it in which a sensor gave nothing.")
    reported_j: float | None = item("The energy that its response carried.")
    predicted_j: float | None = item(
        "What the chip model of `--model` and `--chip` predicts of its tokens and of those that ran beside it, above "
        "the chips' idle watts; null without that model, where tokens are not known, and of earlier runs of the proxy."
    )


class LatestInputs(StrictJson):
    """Which requests are listed."""

    last: int = item("How many at most, 1 to 200.")


class LatestResults(StrictJson):
    """The latest requests."""

    weighed_by: str = item("What prefill and decode are weighed by.")
    latest: list[RequestResults] = item("Requests that run or have ended since the proxy began, the newest first.")


class ProxyTotalsJson(StrictJson):
    """Where the devices' energy went since the proxy began; null where there is no sensor."""

    device_j: float | None = item("Energy of the devices.")
    requests_j: float | None = item("Of it settled as that of requests.")
    idle_j: float | None = item("Of it settled as that of no request.")
    pending_j: float | None = item("Of it not settled yet.")
    unknown_s: float | None = item("Seconds in which a sensor gave nothing.")
    power_w: float | None = item("Mean power of the last interval.")
    energy_basis: EnergyBasis | None = item("How the energy is known.")
    error: float | None = item("Error of the sensors, a share of the reading.")
    running: int = item("Requests that run now.")
    sensors: list[str] = item("The sensors.")
    faults: dict[str, int] = item("Faults of their readings, by kind.")
    weighed_by: str = item("What prefill and decode are weighed by.")


class HealthResults(ProxyTotalsJson):
    """That the proxy runs, and the same sums."""

    status: Literal["ok"] = item("Always ok: a proxy that does not run does not answer.")


class ProxyRequestsJson(EnvelopeJson[RequestInputs, RequestResults]):
    """One request of the proxy's, at `/wattline/requests/ID`. What is not there answers 404 with `error` alone."""

    command: Literal["proxy requests"]


class ProxyLatestJson(EnvelopeJson[LatestInputs, LatestResults]):
    """The latest requests of the proxy, at its `/wattline/latest`; `?last=50` gives as many."""

    command: Literal["proxy latest"]


class ProxyEnergyJson(EnvelopeJson[UpstreamInputs, ProxyTotalsJson]):
    """Where the energy went, at `/wattline/energy` of the proxy."""

    command: Literal["proxy energy"]


class ProxyHealthJson(EnvelopeJson[UpstreamInputs, HealthResults]):
    """The health of the proxy, at its `/wattline/healthz`."""

    command: Literal["proxy healthz"]
