"""What an agent may ask: prompts, training, sites, claims, facts, and the power of this machine.

Each gives plain data with the text that a terminal shows; bad input is one line that says what is wrong and the mend.
No tool reads a file that the agent names.
"""

from __future__ import annotations

import time

from wattline.catalog import KINDS, default
from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.result import Json, Result

DRAWS = 1000
MAX_FACTS = 40
MIN_S, MAX_S = 0.2, 30.0
EXAMPLE = "ChatGPT uses 2.9 Wh per request"
# what an answer's data leaves out for an agent: long lists that its text sums up
LONG = ("steps", "hours", "hourly", "power_w", "load", "facts")


def plain_model_name(model: str) -> str:
    """A model's name, which is no path of a file. Raises WattlineError."""
    if model.endswith(".json") or model.startswith(("/", ".", "~")) or "\\" in model:
        raise WattlineError(f"model: {shorten(model)!r} is a file; give a name, such as llama-3.1-70b")
    return model


def answer_of(result: Result) -> Json:
    """An answer as an agent takes it: the text of a terminal, its figures, what it assumes and what it rests on."""
    data = result.json()
    figures = {name: value for name, value in data["results"].items() if name not in LONG}
    keys = ("command", "inputs", "notes", "warnings")
    return {**{key: data[key] for key in keys}, "text": str(result), "results": figures}


def prompt(
    model: str,
    chip: str | None = None,
    gpus: int | None = None,
    input_tokens: int = 500,
    output_tokens: int = 300,
    region: str | None = None,
    precision: str | None = None,
) -> Json:
    """Electricity, cost and CO2e of one request to a language model, with range; closed models (gpt-4o, claude) too.

    Parameters
    ----------
    model : name of the catalog, such as llama-3.1-70b
    chip : type of chip, such as h100-sxm; h100-sxm where not given
    gpus : chips of one replica; the fewest that hold the model where not given
    input_tokens, output_tokens : tokens of the prompt and of the answer
    region : country or grid, such as us or fr; the world's mean where not given
    precision : number format, such as fp8; the model's own where not given

    Returns the answer. Raises WattlineError on bad input.
    """
    from wattline.predict.prompt import prompt as work

    setup = {"chip": chip, "gpus": gpus, "precision": precision}
    given = {name: value for name, value in {**setup, "region": region}.items() if value is not None}
    model = plain_model_name(model)
    return answer_of(work(model, input_tokens=input_tokens, output_tokens=output_tokens, draws=DRAWS, **given))  # type: ignore[arg-type]


def train(
    model: str, tokens: str, chip: str, chips: int, region: str | None = None, precision: str | None = None
) -> Json:
    """Hours, electricity, cost and CO2e of a training run, with range.

    Parameters
    ----------
    model : name of the catalog
    tokens : tokens trained on, such as 15T
    chip : type of chip, such as h100-sxm
    chips : how many
    region, precision : as in ``prompt``

    Returns the answer. Raises WattlineError on bad input.
    """
    from wattline.predict.train import train as work

    given = {name: value for name, value in {"region": region, "precision": precision}.items() if value is not None}
    return answer_of(work(plain_model_name(model), tokens, chip, chips, draws=DRAWS, **given))  # type: ignore[arg-type]


def site(it: str, place: str) -> Json:
    """PUE, electricity, water, cost and CO2e of a data centre through a year.

    Parameters
    ----------
    it : power of its servers, such as 60MW
    place : city, such as Dublin, or latitude and longitude

    Returns the answer. Raises WattlineError on bad input.
    """
    from wattline.predict.site import site as work

    return answer_of(work(it, place=place, draws=200))


def check(claim: str) -> Json:
    """Whether a claim on the electricity of AI or data centres is right: its arithmetic, probability and verdict.

    Parameters
    ----------
    claim : a sentence with a number, such as "ChatGPT uses 2.9 Wh per request"

    Returns the answer. Raises WattlineError for a sentence that is not understood.
    """
    from wattline.claim import check_file
    from wattline.claim.sentence import is_sentence

    if not is_sentence(claim):
        raise WattlineError(f"claim: {shorten(claim)!r} is no sentence with a number; give one such as {EXAMPLE!r}")
    return answer_of(check_file(claim, DRAWS))


def facts(search: str) -> Json:
    """Facts of the catalog with value, range, unit, source, and how each is known.

    Parameters
    ----------
    search : words of a name, or the beginning of a key: "h100 tdp", "region.fr"

    Returns the first 40 facts that hold every word. Raises NotFound where none does.
    """
    catalog, words = default(), search.lower().split()
    matches = [
        {"record": record.title, **fact.json()}
        for kind in KINDS
        for record in catalog.records(kind).values()
        for fact in record.facts.values()
        if words and all(word in f"{fact.key} {fact.name} {record.title}".lower() for word in words)
    ]
    if not matches:
        near = [name for kind in KINDS for name in catalog.near_names(kind, search, 1)]
        raise NotFound("fact", search, near=near[:4], mend="give fewer words")
    return {"count": len(matches), "facts": matches[:MAX_FACTS]}


def power(seconds: float = 2.0) -> Json:
    """What this machine draws now, by sensor, and what cannot be read here and why.

    Parameters
    ----------
    seconds : how long is measured, 0.2 to 30

    Returns watts by device. Raises WattlineError for a time out of range.
    """
    if not MIN_S <= seconds <= MAX_S:
        raise WattlineError(f"seconds: {seconds:g} is out of range; take {MIN_S:g} to {MAX_S:g}")
    from wattline.meter.sensors.discover import look
    from wattline.meter.sensors.listing import Watch, tell

    known, findings = look(None)
    try:
        watch = Watch(known)
        time.sleep(seconds)
        return dict(tell(known, findings, watch.rows(), [])["results"])
    finally:
        for sensor in known:
            sensor.close()
