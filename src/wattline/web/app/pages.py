"""The pages of the app: a command each, with the inputs that it shows first. A further command is one entry more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wattline.web.app.forms import Field


@dataclass(frozen=True)
class Page:
    """A command as a page.

    Attributes
    ----------
    command : its name on the command line
    title : its question, as people put it
    about : what it answers, in a sentence
    first : names of the inputs that are shown at once
    example : values that the page begins with
    long : whether an answer takes longer than a few seconds
    """

    command: str
    title: str
    about: str
    first: tuple[str, ...]
    example: Mapping[str, str] = field(default_factory=dict)
    long: bool = False

    @property
    def path(self) -> str:
        """``/flex/balance``."""
        return "/" + self.command.replace(" ", "/")


def N_(words: str) -> str:
    """Marks words that are translated where they are shown."""
    return words


PAGES = {
    page.command: page
    for page in (
        Page(
            "prompt",
            N_("What does a prompt take?"),
            N_("Energy, time, cost and carbon of one request to a language model."),
            ("model", "chip", "gpus", "input_tokens", "output_tokens", "region"),
            {
                "model": "llama-3.1-70b",
                "chip": "h100-sxm",
                "gpus": "4",
                "input_tokens": "500",
                "output_tokens": "300",
                "region": "us",
            },
        ),
        Page(
            "image",
            N_("What does an image take?"),
            N_("Energy, time, cost and carbon of one generated image, from text encoder to decoder."),
            ("model", "size", "steps", "chip", "gpus", "region"),
            {"model": "flux.1-dev", "size": "1024", "chip": "h100-sxm"},
        ),
        Page(
            "video",
            N_("What does a video take?"),
            N_("Energy, time, cost and carbon of one generated video, from text encoder to decoder."),
            ("model", "size", "seconds", "chip", "gpus", "region"),
            {"model": "hunyuan-video", "chip": "h100-sxm"},
        ),
        Page(
            "session",
            N_("What does a chat or an agent take?"),
            N_("Energy of a session of many calls: reading, thinking, answering, and what caches save."),
            ("session", "model", "chip", "gpus", "region"),
            {"session": "agent-coding", "model": "llama-3.3-70b", "chip": "h100-sxm", "gpus": "4"},
        ),
        Page(
            "embed",
            N_("What do embeddings take?"),
            N_("Energy, time, cost and carbon of embedding or ranking text, and of images that a model reads."),
            ("model", "tokens", "document_tokens", "rate", "slo_latency", "chip", "gpus", "region"),
            {"model": "bge-m3", "tokens": "1B", "chip": "l4"},
        ),
        Page(
            "transcribe",
            N_("What does transcribing speech take?"),
            N_("Energy, time, cost and carbon of hours of speech that become text."),
            ("model", "hours", "rate", "slo_latency", "chip", "gpus", "region"),
            {"model": "whisper-large-v3-turbo", "hours": "100", "chip": "l4"},
        ),
        Page(
            "train",
            N_("What does a training run take?"),
            N_("Hours, energy, cost and carbon of training a model, from its size, tokens and chips."),
            ("model", "tokens", "chip", "chips", "region"),
            {"model": "llama-3.1-70b", "tokens": "15T", "chip": "h100-sxm", "chips": "16384", "region": "us"},
        ),
        Page(
            "serve",
            N_("What does a service take?"),
            N_("Latencies, power and energy of a model under traffic, simulated request by request."),
            ("model", "chip", "gpus", "rate", "duration", "slo_ttft", "slo_tpot", "region"),
            {"model": "llama-3.1-8b", "chip": "h100-sxm", "gpus": "1", "rate": "10/s", "duration": "5 min"},
            long=True,
        ),
        Page(
            "frontier",
            N_("Which set-up keeps my latency at the least energy?"),
            N_("Searches chips, formats, limits and pools for the set-up that meets the latencies with least energy."),
            ("model", "rate", "duration", "slo_ttft", "slo_tpot", "chip", "region"),
            {"model": "llama-3.1-8b", "rate": "10/s", "duration": "5 min", "slo_ttft": "1s", "slo_tpot": "50ms"},
            long=True,
        ),
        Page(
            "site",
            N_("What does a data centre draw?"),
            N_("A data centre through a year, hour by hour: PUE, peak, water, cost and carbon from its weather."),
            ("it", "place", "cooling", "utilisation"),
            {"it": "60MW", "place": "Dublin"},
        ),
        Page(
            "supply",
            N_("What should power a site?"),
            N_("Wind, sun, batteries and the grid that power a site hour by hour, and what they cost."),
            ("it", "place", "target", "with_", "export"),
            {"it": "60MW", "place": "Dublin", "draws": "4"},
            long=True,
        ),
        Page(
            "flex balance",
            N_("What does a site take of its grid?"),
            N_("The share of a grid's demand, of its highest hour and of its growth that a data centre takes."),
            ("it", "region", "utilisation"),
            {"it": "100MW", "region": "us-ercot"},
        ),
        Page(
            "flex headroom",
            N_("How much new load does a grid take?"),
            N_("How much load fits into a grid without new plants, if it yields in the highest hours."),
            ("demand", "share", "hours"),
        ),
        Page(
            "flex shift",
            N_("What does waiting save?"),
            N_("What a daily job saves when it may run at another hour, or at another site."),
            ("signal", "length", "before", "after", "kind", "to"),
            {"signal": "de"},
        ),
        Page(
            "flex sites",
            N_("What do several sites save together?"),
            N_("What several sites save when their work may wait or run at another site."),
            ("signals", "room", "arrives", "serving", "wait", "kind"),
            {"signals": "de;gb", "room": "20MW", "arrives": "12MW"},
            long=True,
        ),
        Page(
            "flex swings",
            N_("How does training swing a grid?"),
            N_("The swings of power of synchronous training, and the energy that it takes to hold them."),
            ("phase", "chips", "floor", "ramp", "store"),
            {"phase": "compute:1.4s:700W;exchange:0.4s:250W", "chips": "4096"},
        ),
        Page(
            "world",
            N_("How does the world's demand grow?"),
            N_("Electricity of data centres by place and year, with ranges that were tested on the past."),
            ("region", "to", "scenario", "what_if"),
            {"region": "world"},
        ),
        Page(
            "saving",
            N_("What did a change save?"),
            N_("Two recordings, before and after a change: the saving with its interval, adjusted for the work."),
            ("before", "after"),
        ),
        Page(
            "flex response",
            N_("What can a site give its grid?"),
            N_("What a site that serves a model can give a grid that calls on it: how much, how fast, for how long."),
            ("model", "it", "chip", "gpus", "region"),
            {"model": "llama-3.1-8b", "it": "20MW", "chip": "h100-sxm"},
        ),
        Page(
            "run",
            N_("What does a scenario take?"),
            N_("Every job of a scenario file through chip, server, site and grid, with one bill."),
            ("scenario",),
            long=True,
        ),
        Page(
            "compare",
            N_("Does a prediction hold?"),
            N_("A scenario's prediction beside a recording of the run, part by part and by cause."),
            ("scenario", "measured"),
            long=True,
        ),
        Page(
            "meter report",
            N_("What did a recording take?"),
            N_("Energy, power and quality of the readings of a recording that you send."),
            ("paths", "window"),
        ),
        Page(
            "check",
            N_("Is this claim right?"),
            N_("A claim as a sentence, or a file of claims, held against the catalog's figures."),
            ("claims",),
            {"claims": "ChatGPT uses 2.9 Wh per request"},
        ),
        Page(
            "serve-average",
            N_("What do all requests of a year take?"),
            N_("Energy, cost and carbon of a service at a mean rate of requests, without a simulation."),
            ("model", "rate", "days", "chip", "gpus", "region"),
            {"model": "llama-3.1-70b", "rate": "1M/day", "chip": "h100-sxm"},
        ),
    )
}
LONG = ("run", "compare", "validate", "budget", "tune", "fleet", "session")  # first words of commands that take long


def page_of(command: str, about: str, fields: Mapping[str, Field]) -> Page:
    """The page of a command: as it is described above, or made from its help and its inputs.

    Parameters
    ----------
    command, about : its name, and its help
    fields : its inputs; what must be given, and what has no option, is shown at once

    Returns
    -------
    A page.
    """
    if command in PAGES:
        return PAGES[command]
    sentence = " ".join(about.split()).partition(". ")[0].rstrip(".")
    title, _, rest = sentence.partition(": ")
    first = [field.name for field in fields.values() if field.needed or not field.flag]
    first += [name for name in USUAL_FIRST if name in fields and name not in first][: max(0, 6 - len(first))]
    return Page(
        command, title, rest[:1].upper() + rest[1:] + "." if rest else "", tuple(first),
        long=command.split(" ")[0] in LONG
    )  # fmt: skip


USUAL_FIRST = ("model", "chip", "gpus", "rate", "it", "place", "region", "window")
# the pages that head the app, and those of a family under one of them
LEADING = ("prompt", "image", "video", "train", "serve", "frontier", "site", "supply", "flex balance", "world", "check")
