"""``train``: what a training run takes, from model, tokens and chips; the measured replaces the predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.chip.device import Chip, load_chip
from wattline.chip.utilisation import predicted_mfu, training_power_w
from wattline.draws import Draws
from wattline.engine import training
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.quantity import number, parse
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Phase, deliver, parse_pue, place
from wattline.work.flops import BYTES, training_flops
from wattline.work.model import Model, load_model

LIMITS = {"tokens": (1.0, 1e18), "chips": (1.0, 1e8), "hours": (1e-6, 1e6)}
DEFAULT_SEQUENCE = 4096


def train(
    model: str | Path | Model,
    tokens: str | float,
    chip: str,
    chips: int | str,
    *,
    mfu: float | str | None = None,
    hours: float | str | None = None,
    watts: float | str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    precision: str | None = None,
    sequence: int | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
) -> Answer:
    """Hours, energy, cost and CO2e of a training run, with range.

    ``model``: a catalog name, the path of a Hugging Face ``config.json``, or a Model. ``tokens``: ``"15T"`` or a
    number. ``mfu`` (0 to 1), ``hours`` of wall time (or ``"14.8 days"``), ``watts`` per chip at the server's plug (its
    share of host and network in) and ``pue`` replace what would be predicted. Raises WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    working = Working()
    architecture = read_model(model)
    count = int(limited(chips, "chip", "chips"))
    asked = limited(tokens, "token", "tokens")
    device = load_chip(chip, draw)
    length = _sequence(sequence, architecture)
    form = check_precision("bf16" if precision is None else precision)
    _fits(architecture, device, count)
    flops = working.note(
        "work",
        "training compute",
        "3 × forward FLOPs per token × tokens",
        training_flops(architecture, asked, length),
        "FLOP",
    )
    wall, used = _time(architecture, device, count, form, flops, mfu, hours, draw, working)
    at_plug = None if watts is None else _watts(watts, device)
    power = _power(device, count, at_plug, draw, working)
    where = place(site, region, pue, draw, working)
    bill, load, peak = deliver([Phase(power, wall)], where, draw, working)
    return Answer(
        command="train",
        title=f"{architecture.name}, {number(asked)} tokens on {count:,} × {device.record.title}",
        inputs={
            "model": architecture.key,
            "tokens": asked,
            "chip": device.record.name,
            "chips": count,
            "precision": form,
            "sequence_tokens": length,
            "site": where.site.name,
            "region": where.region.name,
            **({} if mfu is None else {"mfu": float(used)}),
            **({} if hours is None else {"hours": float(wall) / 3600}),
            **({} if at_plug is None else {"watts": at_plug}),
            **({} if pue is None else {"pue": parse_pue(pue)}),
        },
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=wall,
        quantities={"flops": flops, "mfu": used, "chip_hours": wall / 3600 * count, "pue": where.pue},
        reasons=tuple(working.reasons),
        draws=draw,
    )


def read_model(model: str | Path | Model) -> Model:
    """A catalog name, or the path of a ``config.json``."""
    if isinstance(model, Model):
        return model
    if isinstance(model, Path) or str(model).endswith(".json"):
        from wattline.work.config_json import model_from_config

        return model_from_config(Path(model))
    return load_model(model)


def limited(value: str | float, unit: str, what: str) -> float:
    """A positive number within what is sensible on this planet."""
    result = parse(value, unit, what)
    least, most = LIMITS[what]
    if not least <= result <= most:
        raise WattlineError(f"{what}: {number(result)} makes no sense; take {least:g} to {number(most)}")
    if what == "chips" and result != int(result):
        raise WattlineError(f"chips: {value} is not a whole number")
    return result


def check_precision(precision: str) -> str:
    """A number format by name."""
    if precision not in BYTES:
        raise WattlineError(f"unknown number format {precision!r}; take one of {', '.join(BYTES)}")
    return precision


def _sequence(sequence: int | str | None, model: Model) -> int:
    if sequence is not None:
        length = parse(sequence, "token", "sequence")
        if length > 1e8 or length != int(length):
            raise WattlineError(f"sequence: {sequence} is not a whole number of tokens up to 100 million")
        return int(length)
    return min(model.context_tokens or DEFAULT_SEQUENCE, DEFAULT_SEQUENCE)


def _fits(model: Model, device: Chip, chips: int) -> None:
    needed = training.chips_to_hold(model.total_params, device.memory_bytes)
    if chips < needed:
        raise WattlineError(
            f"{model.key} does not fit {chips} × {device.record.name} in training "
            f"({training.ADAM_BYTES_PER_PARAM:.0f} bytes a parameter); {needed:,} chips or more would hold it"
        )


def _time(
    model: Model,
    device: Chip,
    chips: int,
    precision: str,
    flops: Array,
    mfu: float | str | None,
    hours: float | str | None,
    draws: Draws,
    working: Working,
) -> tuple[Array, Array]:
    """Wall seconds and MFU: from hours where given, else from the given or predicted MFU."""
    peak = device.peak_flops(precision)
    if hours is not None and mfu is not None:
        raise WattlineError("give hours or MFU, not both: each follows from the other")
    if hours is not None:
        wall = working.note("chip", "wall time", "given", limited(hours, "h", "hours") * 3600, "s")
        used = training.implied_mfu(flops, chips, peak, wall)
        if np.max(used) > 1:
            raise WattlineError(
                f"hours: {hours} would take {float(np.max(used)):.2g} times the chips' peak FLOP/s; "
                "check hours, tokens and chips"
            )
        return wall, working.note("chip", "MFU", "FLOPs / (chips × peak × wall time)", used, "")
    if mfu is not None:
        used = np.asarray(parse(mfu, "", "MFU"))
        if used > 1:
            raise WattlineError(f"MFU {float(used):g} is above 1; give a fraction such as 0.4")
        working.note("chip", "MFU", "given", used, "")
    else:
        hidden = model.hidden or hidden_of_size(model.active_params)
        used = predicted_mfu(device, hidden, model.year, precision, draws)
        working.note("chip", "MFU", "reachable / (1 + slowing × peak / bandwidth / hidden) × spread of runs", used, "")
    wall = training.duration_s(flops, chips, peak, used)
    longest = float(np.max(wall)) / 3600
    if longest > LIMITS["hours"][1]:
        raise WattlineError(
            f"the run would take up to {number(longest / 8766)} years on {chips:,} × {device.record.name}; "
            "check tokens, chips and MFU"
        )
    return working.note("chip", "wall time", "FLOPs / (chips × peak × MFU)", wall, "s"), used


def hidden_of_size(params: float) -> float:
    """The hidden size usual for so many parameters where the architecture is not published: 12 L h² with h = 128 L."""
    return float((128 * params / 12) ** (1 / 3))


def _watts(watts: float | str, device: Chip) -> float:
    """Watts per chip at the server's plug, between what it takes idle and three times its TDP."""
    given, name = parse(watts, "W", "watts"), device.record.name
    if given > 3 * float(np.max(device.tdp_w)):
        raise WattlineError(f"watts: {given:g} W per {name} is more than three times its TDP; give watts per chip")
    if given < device.record["idle_w"].low:
        raise WattlineError(f"watts: {given:g} W per {name} is less than it takes idle; give watts per chip at work")
    return given


def _power(device: Chip, chips: int, watts: float | None, draws: Draws, working: Working) -> dict[str, Array]:
    goodput = draws.own("fit.training-goodput")
    active = training_power_w(device, draws)
    predicted = training.power_by_part(chips, active, device.idle_w, device.host_w, device.network_w, goodput)
    if watts is None:
        working.note("chip", "power of a chip at work", "TDP × measured fraction of TDP in training", active, "W")
        working.note("server", "host's power per chip", "host watts / chips a node", device.host_w, "W")
        working.note("server", "network's power per chip", "share of switches and optics", device.network_w, "W")
        return predicted
    working.note("server", "power per chip at the server's plug", "given", watts, "W")
    return training.split_measured(np.asarray(watts * chips), predicted)
