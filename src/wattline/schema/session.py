"""The JSON of ``session``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import AnswerJson, ModelJson
from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.inputs import PlaceInputs


class SessionInputs(PlaceInputs):
    """A session and the replica that answers it, as they were read."""

    session: str = item("Preset or file.")
    model: str = item("Model by its catalog name or configuration.")
    chip: str = item("Type of chip.")
    instance: str | None = perhaps("Type of a cloud's instance.")
    gpus: int = item("Chips in a replica.")
    data_parallel: int | None = perhaps("Groups of a replica's chips that split the requests' attention.")
    precision: str = item("Number format.")
    engine: str | None = perhaps("Serving software.")
    cache: str | None = perhaps("Number format of the keys and values that are kept.")
    tuned: Literal[True] | None = perhaps("True for an engine tuned to its load.")
    draft_tokens: int | None = perhaps("Tokens guessed ahead in each step.")
    batch: float | None = perhaps("Requests that a replica answers together, where given.")
    active: float | None = perhaps("Share of the time that chips are at work, where given.")
    batch_api: Literal[True] | None = perhaps("True for work that may wait a day.")
    deadline_h: float | None = perhaps("Hours within which a batch API has the work done, where given.")


class ExchangeJson(StrictJson):
    """Calls of one name together."""

    name: str = item("Their name.")
    count: int = item("How many there are.")
    prompt_tokens: float = item("Tokens of their prompts, mean over the draws.")
    cached_tokens: float = item("Of these, tokens that a cache keeps.")
    thinking_tokens: float = item("Tokens thought.")
    output_tokens: float = item("Tokens of the answers.")
    energy_wh: RangeJson = item("Energy from the grid for them.")
    energy_mean_wh: float = item("Mean of that energy over the draws; the calls' means add up to the session's.")


class SessionResults(AnswerJson):
    """One session."""

    energy_j: RangeJson = item("The same energy in joules.")
    calls: RangeJson = item("Number of calls to the model.")
    prompt_tokens: RangeJson = item("Tokens of all prompts.")
    cached_tokens: RangeJson = item("Of these, tokens that a cache keeps and that are not read again.")
    thinking_tokens: RangeJson = item("Tokens thought.")
    output_tokens: RangeJson = item("Tokens of the answers.")
    joules_per_output_token: RangeJson = item("Energy of the session for each token of its answers.")
    cache_saved_wh: RangeJson = item("Energy that reading the cached tokens again would have taken.")
    encode_s: RangeJson | None = perhaps("Time of the replica in which encoders read pictures and sound.")
    latency_s: RangeJson = item("Time from the first call to the last answer, waits for tools included.")
    batch: RangeJson = item("Requests that a replica answers together.")
    model: ModelJson = item("What was read of the model.")
    exchanges: list[ExchangeJson] = item("The calls by name.")


class SessionJson(EnvelopeJson[SessionInputs, SessionResults]):
    """Energy of a session: calls that build on each other."""

    command: Literal["session"]
