"""The scenario file: TOML read, checked, and every fault told in one line with its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Literal, Union, get_type_hints

from pydantic import Field, ValidationError, create_model

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.reading import parse_toml, read_text
from wattline.predict.fields import help_of, names_of
from wattline.predict.media.fields import MEDIA, MediaFields
from wattline.predict.setup import CHIP, ENGINE, REPLICA, ChipFields, ReplicaFields, Setup, SetupFields
from wattline.predict.where import Where, WhereFields
from wattline.scenario.encoding_job import EmbedJob, TranscribeJob
from wattline.scenario.flex_job import FlexJob
from wattline.scenario.job import Count, Job, ModelJob, Number, StrictTable
from wattline.scenario.media_job import ACTIVE, ImageJob, VideoJob
from wattline.scenario.session_job import SessionJob
from wattline.scenario.supply_job import SupplyJob
from wattline.scenario.training_job import TrainJob
from wattline.scenario.world_job import WorldJob

LIMIT_BYTES = 1_000_000
PROMPT_TOKENS = "Number of tokens in the prompt."
ANSWER_TOKENS = "Number of tokens in the answer."
BATCH = "Number of requests that a replica answers together."
RATE = 'Mean rate of requests, such as "200M/day".'
Listed = Number | list[Number]  # one value, several with commas, or a list of them


class PromptJob(ModelJob):
    """One request."""

    kind: Literal["prompt"]
    input: Count = Field(500, description=PROMPT_TOKENS)
    output: Count = Field(300, description=ANSWER_TOKENS)
    batch: Number | None = Field(None, description=BATCH)
    active: Number | None = Field(None, description=ACTIVE)
    pictures: Count | None = Field(None, description="Number of pictures in the prompt, of a model that reads them.")
    picture_size: str | None = Field(None, description="Pixels of a picture, such as 1280x720, width first.")
    audio: Number | None = Field(None, description='Sound in the prompt, such as "30 s", of a model that hears.')


class ServeAverageJob(ModelJob):
    """A service that answers requests for so many days, on average over the traffic."""

    kind: Literal["serve-average"]
    rate: Number = Field(description=RATE)
    days: Number = Field(365, description="Number of days that the service runs.")
    input: Count = Field(500, description=PROMPT_TOKENS)
    output: Count = Field(300, description=ANSWER_TOKENS)
    batch: Number | None = Field(None, description=BATCH)
    active: Number | None = Field(None, description=ACTIVE)


class TrafficJob(ModelJob):
    """A job under traffic: a trace, or requests that are made: their rate, how that varies, and their lengths."""

    trace: str | None = Field(None, description="File of requests, beside this file; with rate it is scaled to that.")
    rate: Number | None = Field(None, description=RATE)
    duration: Number | None = Field(
        None, description="Time over which requests come [default: 1 h, or the whole trace]."
    )
    shape: Literal["flat", "day", "week"] | None = Field(
        None, description="How the rate varies over time: flat, day or week [default: flat]."
    )
    cv: float | None = Field(
        None, gt=0, le=100, description="Burstiness: deviation over mean of the gaps [default: 1, a Poisson process]."
    )
    lengths: str | None = Field(None, description="Lengths of requests: chat, code or long-chat [default: chat].")
    input: Count | None = Field(None, description="Number of tokens in every prompt, instead of lengths.")
    output: Count | None = Field(None, description="Number of tokens in every answer, instead of lengths.")
    slo_ttft: Number | None = Field(None, description="Longest time to the first token that counts as good.")
    slo_tpot: Number | None = Field(None, description="Longest mean time between tokens that counts as good.")
    slo_share: float = Field(0.99, gt=0, le=1, description="Share of the requests that must keep these latencies.")


class ServeJob(TrafficJob):
    """A service under traffic, simulated request by request; ``cells``: identical services that share the requests, of
    which one is simulated."""

    kind: Literal["serve"]
    cells: float = Field(
        1.0,
        ge=1,
        le=1_000_000,
        description="Identical services that share the rate: one is simulated, its bill multiplied.",
    )
    pictures: Count | None = Field(None, description="Number of pictures in a prompt, of a model that reads them.")
    picture_size: str | None = Field(None, description="Pixels of a picture, such as 1280x720, width first.")
    audio: Number | None = Field(None, description='Sound in a prompt, such as "30 s", of a model that hears.')
    picture_share: Number | None = Field(None, description="Share of the requests that bring pictures or sound.")


class FrontierJob(TrafficJob):
    """The set-up of least energy under traffic, out of lists of chips, formats and limits; ``against``: the set-up that
    it is compared with."""

    kind: Literal["frontier"]
    chip: Listed = Field("", description="Types of chip to search.")
    instance: Listed = Field("", description="Instance types of clouds to search.")
    gpus: Listed = Field("", description="Chips in a replica to search.")
    precision: Listed = Field("", description="Number formats to search.")
    power_cap: Listed = Field("", description="Power limits of a chip to search; none is without.")
    max_num_seqs: Listed = Field("", description="Largest numbers of requests at once to search.")
    max_num_batched_tokens: Listed = Field("", description="Largest numbers of tokens in a step to search.")
    pools: str = Field("both", description="Replicas to search: together, split (in two pools) or both.")
    against: str | None = Field(None, description='Set-up to compare the best with, such as "h100-sxm, gpus=4".')


class SiteJob(Job):
    """The year of a data centre, hour by hour; it needs a place or weather, and ``site`` is its kind of hall."""

    kind: Literal["site"]
    it: Number = Field(description='IT power that the site is designed for, such as "100 MW".')
    load: str | None = Field(None, description="File of the IT power over time, beside this file.")
    utilisation: Number | None = Field(None, description="IT power as a share of it, where no load is given.")
    ups: str | None = Field(None, description="Kind of UPS, instead of the hall's.")
    redundancy: str = Field("N+1", description="Redundancy of the plant: N, N+1, N+2, 2N or 2N+1.")
    humidified: bool = Field(False, description="Closed halls put back the moisture that cooling coils take out.")
    facility_water: Number | None = Field(None, description='Facility water of liquid cooling, such as "40C".')
    server_fans: Number | None = Field(None, description="Share of air-cooled servers' power for their own fans.")


def _with_fields(kind: type[Job], fields: type, takes: Sequence[str]) -> type[Job]:
    """The kind of job with a key for each field of ``Where``, and for those of ``Setup`` that it ``takes``."""
    hints = get_type_hints(WhereFields) | {name: get_type_hints(fields)[name] for name in takes}
    about = {
        field.name: help_of(field) for each in (Where, Setup) for field in dataclasses.fields(each) if field.metadata
    }
    hints |= {"weather": str | None, "carbon": float | str | None, "price": str | None}
    keys: dict[str, Any] = {name: (hint, Field(None, description=about[name])) for name, hint in hints.items()}
    return create_model(kind.__name__, __base__=kind, __doc__=kind.__doc__, **keys)


WHERE = names_of(Where)
TAKES: dict[str, tuple[str, ...]] = {
    "train": CHIP,
    "prompt": REPLICA,
    "image": MEDIA,
    "video": MEDIA,
    "session": REPLICA,
    "embed": MEDIA,
    "transcribe": MEDIA,
    "serve": names_of(Setup),
    "serve-average": REPLICA,
    "frontier": ENGINE,
    "site": (),
    "flex": REPLICA,
    "supply": (),
    "world": (),
}
KINDS: dict[str, type[Job]] = {
    "train": _with_fields(TrainJob, ChipFields, TAKES["train"]),
    "prompt": _with_fields(PromptJob, ReplicaFields, TAKES["prompt"]),
    "image": _with_fields(ImageJob, MediaFields, TAKES["image"]),
    "video": _with_fields(VideoJob, MediaFields, TAKES["video"]),
    "session": _with_fields(SessionJob, ReplicaFields, TAKES["session"]),
    "embed": _with_fields(EmbedJob, MediaFields, TAKES["embed"]),
    "transcribe": _with_fields(TranscribeJob, MediaFields, TAKES["transcribe"]),
    "serve": _with_fields(ServeJob, SetupFields, TAKES["serve"]),
    "serve-average": _with_fields(ServeAverageJob, ReplicaFields, TAKES["serve-average"]),
    "frontier": _with_fields(FrontierJob, SetupFields, TAKES["frontier"]),
    "site": _with_fields(SiteJob, SetupFields, TAKES["site"]),
    "flex": _with_fields(FlexJob, ReplicaFields, TAKES["flex"]),
    "supply": _with_fields(SupplyJob, SetupFields, TAKES["supply"]),
    "world": WorldJob,
}
RENAMED_KINDS = {"service": "serve"}  # a kind that is gone -> its name now
RENAMED_KEYS = {
    "train": {"batch": "batch_tokens"},
    "serve": {"requests": "rate"},
    "serve-average": {"requests": "rate"},
    "flex": {"to": "destination", "round_trips": "round_trip", "ups": "ups_time"},
}


class Scenario(StrictTable):
    """A scenario: a title, a story, and jobs that run on the line."""

    title: str = Field(default="", max_length=500, description="What the report is headed by.")
    story: str = Field(default="", max_length=10_000, description="What the report begins with.")
    draws: int | None = Field(default=None, ge=0, le=1_000_000, description="Number of draws.")
    seed: int | None = Field(default=None, ge=0, description="Seed of the draws.")
    job: list[Job] = Field(min_length=1, max_length=100, description="Each a question, of one kind.")


_ANY_JOB: Any = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007
_JOBS: Any = (GenericAlias(list, (_ANY_JOB,)), Field(min_length=1, max_length=100))
_File: type[Scenario] = create_model("Scenario", __base__=Scenario, job=_JOBS)


def read_scenario(path: Path | str) -> tuple[Scenario, str]:
    """The scenario in a TOML file, and its text. Raises WattlineError with file, place and mend."""
    text = read_text(path, LIMIT_BYTES, "scenario")
    try:
        data = parse_toml(text)
    except ValueError as error:
        raise WattlineError(f"scenario {path}: not valid TOML: {shorten(str(error), 120)}") from None
    try:
        scenario = _File.model_validate(data)
    except ValidationError as error:
        raise WattlineError(f"scenario {path}: {_first(error, data)}") from None
    _check_names(scenario, path)
    return scenario, text


def _check_names(scenario: Scenario, path: Path | str) -> None:
    names = [job.name for job in scenario.job]
    for name in names:
        if names.count(name) > 1:
            raise WattlineError(f"scenario {path}: two jobs are named {shorten(name)!r}; give each its own name")
    for number, job in enumerate(scenario.job, 1):
        missing = [name for name in ("chip", "chips") if isinstance(job, TrainJob) and getattr(job, name) is None]
        if missing and getattr(job, "instance", None) is None:
            raise WattlineError(f"scenario {path}: job {number} ({shorten(job.name)}): {missing[0]} is missing")
        unnamed = isinstance(job, SessionJob) and job.config is None  # a session may name its own
        if isinstance(job, ModelJob) and not unnamed and (job.model is None) == (job.config is None):
            raise WattlineError(
                f"scenario {path}: job {shorten(job.name)!r} needs either model (a catalog name) or "
                "config (a Hugging Face config.json)"
            )


def _first(error: ValidationError, data: dict[str, Any]) -> str:
    """The first fault in words: where, what, and the mend."""
    faults = error.errors()
    # a key by another name is also a key that is missing
    fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    place = _place(fault["loc"])
    where = _where(place, data)
    key = str(place[-1])
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key {shorten(key)!r}; {_instead(key, place, data)}"
    if fault["type"] == "missing":
        return f"{where}: {key} is missing"
    if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
        job = data["job"][place[1]]
        if "kind" not in job and (near := nearest_names("kind", job, 1)):
            return f"{where}: unknown key {shorten(near[0])!r}; nearest: kind"
        return f"{where}: {_kinds(job.get('kind'))}"
    if place[0] == "job" and len(place) == 2:
        return f"{where}: write it as a table, with the line [[job]] above its keys"
    if key == "job":
        return "job: write at least one [[job]] (and at most 100)"
    given = fault["input"]
    shown = f"a {type(given).__name__}" if isinstance(given, dict | list) else shorten(repr(given), 40)
    return f"{where}: {key}: {fault['msg'].lower()}; it is {shown}"


def _kinds(given: Any) -> str:
    """Which kinds there are; of a kind that was renamed its name now."""
    if isinstance(given, str) and given in RENAMED_KINDS:
        return f'kind = "{given}" is now kind = "{RENAMED_KINDS[given]}"'
    *most, last = (f'"{kind}"' for kind in KINDS)
    return f"kind must be {', '.join(most)} or {last}"


def _instead(key: str, place: list[Any], data: dict[str, Any]) -> str:
    """What to write for a key that a table does not take."""
    kind = data["job"][place[1]].get("kind") if place[0] == "job" else None
    if renamed := RENAMED_KEYS.get(str(kind), {}).get(key):
        return f"it is now {renamed}"
    if kind == "serve" and key in ServeAverageJob.model_fields:
        return 'kind = "serve" is simulated request by request; the average model is kind = "serve-average"'
    known = _keys_for(place, data)
    near = nearest_names(key, known)
    return f"nearest: {', '.join(near)}" if near else f"known: {', '.join(known)}"


def _place(loc: tuple[int | str, ...]) -> list[int | str]:
    """Where a fault is, as the file has it: ``job``, its number, the key; pydantic puts its own words between."""
    if loc[0] == "job" and len(loc) > 1:
        return [*loc[:2], *loc[3:4]]
    return [loc[0]]


def _where(place: list[Any], data: dict[str, Any]) -> str:
    if len(place) >= 2 and place[0] == "job" and isinstance(place[1], int):
        jobs = data.get("job")
        job = jobs[place[1]] if isinstance(jobs, list) else {}
        name = job.get("name") if isinstance(job, dict) else None
        return f"job {place[1] + 1}" + (f" ({shorten(str(name), 40)})" if name else "")
    return "top level"


def _keys_for(place: list[Any], data: dict[str, Any]) -> list[str]:
    if place[0] != "job":
        return list(Scenario.model_fields)
    kind = data["job"][place[1]].get("kind")
    return list(KINDS.get(kind, Job).model_fields)
