"""One request as the ledger sees it: when it ran, its tokens, and what it weighs in a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wattline.web.proxy.token_weights import Weigher
from wattline.web.proxy.usage import Tokens


@dataclass
class Typical:
    """What finished requests teach about those whose tokens are not known yet; seeded by the catalog."""

    bytes_per_token: float
    step_s: float

    def learn(self, tracked: TrackedRequest) -> None:
        """Move a tenth of the way to what this request showed."""
        tokens = tracked.tokens
        if tokens.prompt and tracked.text_bytes >= 64:
            self.bytes_per_token += 0.1 * (min(tracked.text_bytes / tokens.prompt, 100.0) - self.bytes_per_token)
        if (
            tracked.stream
            and tracked.first_s is not None
            and tracked.end_s is not None
            and tokens.output
            and tokens.output > 4
        ):
            self.step_s += 0.1 * ((tracked.end_s - tracked.first_s) / (tokens.output - 1) - self.step_s)


@dataclass(eq=False, slots=True)
class TrackedRequest:
    """A request. Times ``*_s`` are on the monotonic clock; ``at`` is the wall clock at its arrival.

    ``text_bytes``: length of its JSON. ``deltas``: pieces of text streamed so far. ``settled`` and ``provisional``:
    joules of prefill and decode, each at the (low, central, high) weight of a prompt token.
    """

    id: str
    path: str
    kind: str
    model: str
    stream: bool
    begin_s: float
    at: float
    text_bytes: int = 0
    response_id: str = ""
    first_s: float | None = None
    end_s: float | None = None
    deltas: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    status: int = 0
    outcome: str = "running"
    waiting: int = 0  # intervals it was in that are not settled yet
    unseen: int = 0  # pieces since the last interval closed
    settled: list[list[float]] = field(default_factory=lambda: [[0.0] * 3, [0.0] * 3])
    provisional: float = 0.0
    share_now: float = 0.0  # its share of the last interval
    missing_s: float = 0.0  # seconds in which a sensor told nothing
    beside: float = 0.0  # requests that ran in its settled intervals, itself among them, summed over these
    intervals: int = 0  # that were settled of it
    reported_j: float | None = None  # what its response said

    @property
    def energy_j(self) -> float:
        """Settled joules, at the central weights."""
        return self.settled[0][1] + self.settled[1][1]

    def prompt_tokens(self, typical: Typical) -> float:
        """Prompt tokens that had to be worked through: told, less what a cache held, or guessed from the text."""
        if self.tokens.prompt is not None:
            return float(max(self.tokens.prompt - (self.tokens.cached or 0), 1 if self.tokens.prompt else 0))
        return 0.0 if self.failed else self.text_bytes / typical.bytes_per_token

    @property
    def batch(self) -> float:
        """How many requests ran at once while it did, itself among them: the mean of its settled intervals."""
        return max(self.beside / self.intervals, 1.0) if self.intervals else 1.0

    @property
    def failed(self) -> bool:
        """Refused before the device worked on it."""
        return self.status >= 400 and not self.deltas

    def output_tokens(self, seconds: float, typical: Typical) -> float:
        """Output tokens: told, counted, or guessed from how long it took.

        Parameters
        ----------
        seconds : since its first token
        typical : what requests of late were like

        Returns
        -------
        Number of tokens.
        """
        if self.tokens.output is not None:
            return float(self.tokens.output)
        if self.stream or self.deltas:
            return float(self.deltas)
        return 0.0 if self.failed or self.kind in PROMPT_ONLY else seconds / typical.step_s


PROMPT_ONLY = ("embeddings", "rerank", "score", "pooling", "classify")


Phase = tuple[float, float, float]  # when it began and ended, and what it weighs within a span


def phases(
    tracked: TrackedRequest, pieces: int, span: tuple[float, float], batch: int, weigher: Weigher, typical: Typical
) -> tuple[Phase, Phase]:
    """A request's prefill and decode within a span. Prefill goes evenly from arrival to the first token. A response
    that came in one piece is parted into prefill and decode by the server's own timings, or else as the model's times
    part.

    Parameters
    ----------
    tracked : the request and what is known of it
    pieces : what it streamed within the span
    span : begin and end [s]
    batch : requests that decode together
    weigher : joules of prompts and tokens
    typical : what stands for what no request told

    Returns begin, end and joules, of the chip model or in its generic unit, of either.
    """
    begin, end = tracked.begin_s, tracked.end_s if tracked.end_s is not None else span[1]
    prompt = tracked.prompt_tokens(typical)
    output = tracked.output_tokens(end - begin, typical)
    first = first_token_s(tracked, prompt, output, end, weigher)
    reading = prompt * weigher.prefill_j(prompt) * _part(begin, first, span) if first >= span[0] else 0.0
    if tracked.deltas > 1:
        made = pieces * max(output - 1, 0.0) / (tracked.deltas - 1)  # a piece may hold several tokens
    else:
        made = max(output - 1, 0.0) * _part(first, end, span)
    context = prompt + (tracked.tokens.cached or 0) + output / 2
    writing = made * weigher.decode_j(batch, context) if made else 0.0
    return (begin, first, reading), (first, end, writing)


def predicted_j(tracked: TrackedRequest, weigher: Weigher) -> float | None:
    """What the chip model predicts of a finished request, from its tokens and those that ran beside it.

    Joules of the chips above their idle watts, as the shares of requests are; None where the weights are no joules, or
    the tokens are not known.

    Parameters
    ----------
    tracked : a request that has ended
    weigher : joules and seconds of prefill and decode by the chip model

    Returns
    -------
    Joules.
    """
    tokens = tracked.tokens
    if not weigher.in_joules or tokens.prompt is None or tokens.output is None or tracked.failed:
        return None
    prompt = float(max(tokens.prompt - (tokens.cached or 0), 1 if tokens.prompt else 0))
    made, context = max(tokens.output - 1.0, 0.0), tokens.prompt + tokens.output / 2
    reading = prompt * (weigher.prefill_j(prompt) - weigher.idle_w * weigher.prefill_s(prompt))
    step_j = weigher.decode_j(tracked.batch, context)
    writing = made * (step_j - weigher.idle_w * weigher.decode_s(tracked.batch, context) / tracked.batch)
    return max(reading, 0.0) + max(writing, 0.0)


def first_token_s(tracked: TrackedRequest, prompt: float, output: float, end: float, weigher: Weigher) -> float:
    """When the first token came, seen in a stream or worked out.

    Parameters
    ----------
    tracked : the request
    prompt : tokens that it had to read
    output : tokens that it wrote
    end : when it ended, by the monotonic clock [s]
    weigher : seconds of prefill and decode by the chip model

    Returns
    -------
    A time by the monotonic clock [s].
    """
    if tracked.first_s is not None:
        return tracked.first_s
    if tracked.stream or output <= 1:
        return end
    if tracked.tokens.prefill_ms is not None and tracked.tokens.decode_ms:
        return max(tracked.begin_s, end - tracked.tokens.decode_ms / 1000)
    reading = prompt * weigher.prefill_s(prompt)
    writing = (output - 1) * weigher.decode_s(1, prompt + output / 2)
    return tracked.begin_s + (end - tracked.begin_s) * reading / (reading + writing)


def _part(begin: float, end: float, span: tuple[float, float]) -> float:
    """The part of begin..end that lies within the span; an instant lies in the span that it begins in."""
    low, high = max(begin, span[0]), min(end, span[1])
    if end > begin:
        return max(high - low, 0.0) / (end - begin)
    return float(span[0] <= begin < span[1])


def as_json(
    tracked: TrackedRequest, settled: bool, estimate_j: float | None, error: float, basis: str
) -> dict[str, Any]:
    """A request as the endpoint and the journal tell it.

    Parameters
    ----------
    tracked : the request and what is known of it
    settled : whether its joules are final
    estimate_j : what stands for its joules until they are settled; None where not known [J]
    error : the sensors' relative half-width
    basis : how its joules are known

    Returns plain data.
    """
    tokens, end, first = tracked.tokens, tracked.end_s, tracked.first_s
    counted = tokens.output is None and tracked.deltas > 0
    return {
        "id": tracked.id,
        "response_id": tracked.response_id or None,
        "at": tracked.at,
        "path": tracked.path,
        "model": tracked.model or None,
        "stream": tracked.stream,
        "status": tracked.status or None,
        "outcome": tracked.outcome,
        "duration_s": None if end is None else end - tracked.begin_s,
        "first_token_s": None if first is None else first - tracked.begin_s,
        "prompt_tokens": tokens.prompt,
        "cached_tokens": tokens.cached,
        "output_tokens": tracked.deltas if counted else tokens.output,
        "tokens_basis": "counted" if counted else tokens.basis,
        **_joules(tracked, settled, estimate_j, error, basis),
        "settled": settled,
        "missing_s": tracked.missing_s,
        "told_j": tracked.reported_j,
    }


def _joules(
    tracked: TrackedRequest, settled: bool, estimate_j: float | None, error: float, basis: str
) -> dict[str, Any]:
    """Energy with its range: settled, or the estimate; None where it is not known.

    The range is the sensors', and of settled joules also what lighter and heavier prompt tokens would make of them.
    """
    names = ("energy_j", "energy_low_j", "energy_high_j", "prefill_j", "decode_j", "energy_basis")
    sums = [tracked.settled[0][k] + tracked.settled[1][k] for k in range(3)]
    parts: tuple[float | None, ...] = (tracked.settled[0][1], tracked.settled[1][1])
    if not settled:
        if estimate_j is None:
            return dict.fromkeys(names)
        sums, parts = [estimate_j] * 3, (None, None)
    elif tracked.missing_s and not sums[1]:
        return dict.fromkeys(names)
    low, high = min(sums) * max(1 - error, 0.0), max(sums) * (1 + error)
    return dict(zip(names, (sums[1], low, high, *parts, basis), strict=True))
