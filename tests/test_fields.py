"""``Where`` and ``Setup``: one list of fields behind Python, scenario files and the command line, read in one place."""

from __future__ import annotations

import inspect
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from typer.main import get_command

import wattline as wl
from wattline.cli.main import app
from wattline.cli.traffic_input import TrafficOptions
from wattline.core.errors import WattlineError
from wattline.predict.fields import names_of
from wattline.predict.media.fields import MEDIA, MediaFields
from wattline.predict.service.traffic import TrafficFields
from wattline.predict.setup import (
    CANDIDATE,
    CHIP,
    REPLICA,
    CandidateFields,
    ChipFields,
    ReplicaFields,
    Setup,
    SetupFields,
)
from wattline.predict.where import Where, WhereFields
from wattline.scenario.file import KINDS, TAKES

(GROUP,) = TrafficOptions.__metadata__  # type: ignore[attr-defined]
WHERE, SETUP = set(names_of(Where)), set(names_of(Setup))
# command -> the fields of Setup that it takes; a training run's tuned and a maker's replicas are their own, and mean
# the same
COMMANDS = {
    "train": (*CHIP, "tuned"), "prompt": REPLICA,
    "image": (*MEDIA, "replicas"), "video": (*MEDIA, "replicas"),
    "session": REPLICA, "embed": (*MEDIA, "replicas"), "transcribe": (*MEDIA, "replicas"),
    "serve-average": REPLICA,
    "serve": names_of(Setup),
    "frontier": CANDIDATE, "site": (), "meter bill": (),
}  # fmt: skip


def options(command: str) -> set[str]:
    result: Any = get_command(app)
    for name in command.split():
        result = result.commands[name]
    return {flag.removeprefix("--").replace("-", "_") for option in result.params for flag in option.opts}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        (WhereFields, WHERE),
        (SetupFields, SETUP),
        (ChipFields, CHIP),
        (ReplicaFields, REPLICA),
        (MediaFields, MEDIA),
        (CandidateFields, CANDIDATE),
    ],
)
def test_keywords_are_the_fields(typed: type, names: Any) -> None:
    assert set(get_type_hints(typed)) == set(names)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_an_option_for_every_field(command: str) -> None:
    own = {"site": {"chip"}, "meter bill": {"chip", "server"}}.get(command, set())
    assert options(command) & WHERE == WHERE
    assert (options(command) - own) & SETUP == set(COMMANDS[command])


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_has_a_key_for_every_field(kind: str) -> None:
    keys = set(KINDS[kind].model_fields)
    if kind == "world":  # its places are those of figures, and it has no set-up
        assert keys & (WHERE | SETUP) == {"region"}
        return
    assert keys & WHERE == WHERE
    assert keys & SETUP == set(COMMANDS.get(kind, TAKES[kind]))  # a job of flex has no command of its own fields
    assert set(TAKES[kind]) <= keys


# how a question is run, not what is asked; a job's name and what was said of it
OF_A_RUN = {"json", "explain", "out", "draws", "seed", "facts", "catalog", "on", "workers", "resume", "help"}
OF_A_FILE = {"name", "kind", "stated"}
# inputs of a command that its kind of job has in another way or not at all, and why; then those of the job alone
SEVERAL = "several answers: a job has one"
COMMAND_ALONE = {
    "train": {"params": "model takes a size too, such as 8B-params"},
    "prompt": {"params": "model takes a size too, such as 8B-params"},
    "site": {"compare": SEVERAL, "places": SEVERAL},
    "supply": {"costs": "own facts, which --facts takes for all jobs"},
    "world": dict.fromkeys(("answer", "export", "rate", "request_energy", "to"), "of the outlook that is shown"),
}
JOB_ALONE = {"flex": {"ask": "the command's own name"}, "supply": {"plans": "--draws of the command"}}


def inputs(command: Any) -> set[frozenset[str]]:
    """The names of each input that a command, or one below it, takes."""
    if hasattr(command, "commands"):
        return set().union(*(inputs(below) for below in command.commands.values()))
    return {
        frozenset(
            [option.name]
            if option.param_type_name == "argument"
            else [flag.removeprefix("--").replace("-", "_") for flag in option.opts]
        )
        for option in command.params
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_and_its_kind_of_job_take_the_same(kind: str) -> None:
    program: Any = get_command(app)
    keys = set(KINDS[kind].model_fields) - OF_A_FILE
    of_command = {names for names in inputs(program.commands[kind]) if not names & OF_A_RUN}
    alone = {name for names in of_command if not names & keys for name in names}
    assert alone == set(COMMAND_ALONE.get(kind, {}))
    assert keys - set().union(*of_command) == set(JOB_ALONE.get(kind, {}))


def test_traffic_has_its_defaults_in_one_place() -> None:
    made_of = {field.name: field.default for field in fields(TrafficFields)}
    parameters = inspect.signature(wl.traffic).parameters
    assert {name: parameters[name].default for name in made_of if name not in ("cv",)} == {
        name: default for name, default in made_of.items() if name != "cv"
    }
    for kind in ("serve", "frontier"):
        assert all(KINDS[kind].model_fields[name].default is None for name in made_of if name != "cells")
    assert {name: default for name, (_, default) in GROUP.options.items() if default not in (None, "")} == {}


@pytest.mark.parametrize(
    "name",
    [
        "train",
        "prompt",
        "image",
        "video",
        "session",
        "embed",
        "transcribe",
        "serve_average",
        "serve",
        "frontier",
        "site",
        "bill",
    ],
)
def test_a_function_takes_a_where_and_its_fields(name: str) -> None:
    parameters = inspect.signature(getattr(wl, name)).parameters
    assert "where" in parameters
    assert parameters["fields"].kind is inspect.Parameter.VAR_KEYWORD
    with pytest.raises(TypeError, match="unexpected keyword argument 'regoin'; nearest: region"):
        getattr(wl, name)(*[None] * (2 if name not in ("site", "bill") else 1), **{"regoin": "us"} | needed(name))


def needed(name: str) -> dict[str, Any]:
    return {"chips": 8, "chip": "h100-sxm"} if name == "train" else {}


def test_one_question_in_three_ways(tmp_path: Path) -> None:
    energy = [
        wl.prompt("llama-3.1-8b", "h100-sxm", gpus=1, region="fr", pue="1.2", draws=9).energy_j,
        wl.prompt("llama-3.1-8b", wl.Setup(gpus=1), where=wl.Where("fr", pue=1.2), draws=9).energy_j,
        wl.prompt("llama-3.1-8b", "h100-sxm, gpus=1", where="fr", pue=1.2, draws=9).energy_j,
        wl.prompt(
            "llama-3.1-8b", wl.Setup(gpus=2), gpus=1, where=wl.Where("us", pue=1.3), region="fr", pue=1.2, draws=9
        ).energy_j,
    ]  # fmt: skip
    assert all((each == energy[0]).all() for each in energy)


def test_defaults_stand_once(tmp_path: Path) -> None:
    assert {field.name: field.default for field in fields(Setup) if field.default is not None} == {
        "data_parallel": 1, "max_num_seqs": 256, "max_num_batched_tokens": 8192, "replicas": 1, "router": "round-robin",
        "prefix_cache": 0.0, "prefill_replicas": 0, "scale_interval": 30.0, "scale_down_after": 300.0,
        "scaled_down": "off", "tuned": False, "draft_tokens": 0,
    }  # fmt: skip
    assert all(KINDS[kind].model_fields[name].default is None for kind in KINDS for name in TAKES[kind])
    assert Setup.read(None, dict.fromkeys(SETUP)) == Setup()
    assert Where.read(None, dict.fromkeys(WHERE)) == Where()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gpus": "1.5"}, "gpus: 1.5 is not a whole number of chips"),
        ({"gpus": 1e400}, "gpus"),
        ({"replicas": "most"}, "replicas"),
        ({"replicas": 0}, "replicas"),
        ({"router": "random"}, "round-robin, least-loaded, prefix"),
        ({"prefix_cache": 1}, "less than 1"),
        ({"chip": ""}, "chip: an empty name"),
        ({"precision": "int7"}, "int7"),
        ({"power_cap": "5 apples"}, "power-cap"),
        ({"prefill_gpus": 2}, "prefill-replicas"),
        ({"transfer_bandwidth": "1 GB/s"}, "prefill-replicas"),
        ({"transfer_bandwidth": "1 B/s", "prefill_replicas": 1}, "out of range"),
        ({"scale_target": 3}, "scale-from"),
        ({"scaled_down": "asleep"}, "off, idle"),
    ],
)
def test_a_set_up_of_no_sense_gets_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(WattlineError, match=message) as failed:
        Setup.read(None, values)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pue": 0.9}, "PUE"),
        ({"region": " "}, "region: an empty name"),
        ({"cooling": "dx"}, "place or a weather"),
        ({"place": "Dublin", "pue": 1.2}, "not both"),
        ({"carbon": "-1 g/kWh"}, "carbon"),
        ({"electricity_price": "1 USD"}, "electricity-price"),
    ],
)
def test_a_where_of_no_sense_gets_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(WattlineError, match=message) as failed:
        Where.read(None, values)
    assert "\n" not in str(failed.value)


def test_a_function_refuses_fields_that_are_not_its_own() -> None:
    with pytest.raises(WattlineError, match="replicas is of a service"):
        wl.prompt("llama-3.1-8b", wl.Setup(replicas=2), draws=0)
    with pytest.raises(WattlineError, match="region: where names one already"):
        wl.prompt("llama-3.1-8b", where="us", region="fr", draws=0)
    with pytest.raises(WattlineError, match="given twice"):
        wl.prompt("llama-3.1-8b", "h100-sxm", chip="b200", draws=0)
    with pytest.raises(WattlineError, match="nearest: gpus"):
        wl.prompt("llama-3.1-8b", "h100-sxm, gpu=2", draws=0)


def test_a_price_and_a_carbon_intensity_stand_before_the_regions() -> None:
    answer = wl.prompt("llama-3.1-8b", region="fr", electricity_price="0.2 USD/kWh", carbon="50 g/kWh", draws=20)
    kwh = answer.energy_j / 3.6e6
    assert answer.bill.follows["cost_usd"] == pytest.approx(0.2 * kwh)
    assert answer.bill.follows["co2e_kg"] == pytest.approx(0.05 * kwh)
    shown = answer.json()
    assert shown["inputs"]["electricity_price_usd_per_kwh"] == 0.2
    assert shown["inputs"]["carbon_g_per_kwh"] == 50
    assert {"given.electricity_price", "given.carbon"} <= {fact["key"] for fact in shown["facts"]}
    year = wl.site("1MW", place="Dublin", electricity_price=0.2, carbon=50, draws=0)
    assert year.bill.follows["cost_usd"] == pytest.approx(0.2 * year.bill.energy_j / 3.6e6)


def test_the_examples_name_what_they_rely_on() -> None:
    """The default of replicas is one: an example that wants the fewest says so."""
    day = tomllib.loads((Path(__file__).parents[1] / "examples/200_million_a_day.toml").read_text(encoding="utf-8"))
    assert all(job["replicas"] == "fewest" and job["router"] == "least-loaded" for job in day["job"])
