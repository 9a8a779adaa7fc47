"""What an answer rests on that would move it, in one line: where, how built, how used, and what its cost is of."""

from __future__ import annotations

from typing import Any

from wattline.core.plurals import count_words
from wattline.core.quantity import show, trim
from wattline.report.words import Json

COMMANDS = (
    "train",
    "prompt",
    "image",
    "video",
    "session",
    "embed",
    "transcribe",
    "serve-average",
    "serve",
    "frontier",
    "site",
    "supply",
    "meter bill",
    "flex balance",
    "flex response",
)
ENGINE = "vLLM 0.11"  # whose steps the chip model was fitted to


def assumptions(command: str, inputs: Json, results: Json) -> str:
    """The assumptions under an answer's title; "" for a command that has none.

    Parameters
    ----------
    command : that answered
    inputs, results : of the answer, as its JSON holds them

    Returns
    -------
    One line, or "".
    """
    if command not in COMMANDS:
        return ""
    if command == "supply":
        return "Assumed: " + "; ".join([_grid(inputs), *_supply(inputs)])
    parts = [_grid(inputs), *_site(command, inputs, results), *_work(command, inputs, results), *_cost(results)]
    return "Assumed: " + "; ".join(part for part in parts if part)


def _grid(inputs: Json) -> str:
    words = f"grid {inputs['region']}" if inputs.get("region") else ""
    given = []
    if "carbon_g_per_kwh" in inputs:
        given.append(f"{trim(inputs['carbon_g_per_kwh'])} g/kWh given")
    for name, what in (("carbon", "carbon"), ("carbon_url", "carbon"), ("price", "price")):
        if name in inputs:
            source = "a typical year, modelled" if inputs[name] == "hourly" else str(inputs[name]).rpartition("/")[2]
            given.append(f"{what} by the hour ({source})")
    if "contracts" in inputs:
        given.append(f"contracts for {inputs['contracts']}")
    if "electricity_price_usd_per_kwh" in inputs:
        given.append(f"{trim(inputs['electricity_price_usd_per_kwh'])} USD/kWh given")
    return ", ".join([words, *given] if words else given)


REST = ("host", "network")  # what no sensor of a chip sees


def _site(command: str, inputs: Json, results: Json) -> list[str]:
    pue = _middle(results.get("pue"))
    how = "" if pue is None else f"PUE {pue:.2f}" + (" given" if "pue" in inputs else "")
    if command == "site":
        return [f"{inputs['hall']} hall", f"cooling {inputs['cooling']}", f"UPS {inputs['ups']}"]
    kind = str(inputs.get("site") or "")
    place = f"{inputs['place']}, {inputs['cooling']} in a {kind} hall" if inputs.get("place") else f"site {kind}"
    return [", ".join(part for part in (place if kind else "", how) if part)]


def _supply(inputs: Json) -> list[str]:
    hours, target = inputs["hours"], inputs["target"]
    pue = "" if inputs["pue"] is None else f", PUE {inputs['pue']:.2f}"
    means = ", ".join(f"{name} {mean:.0%}" for name, mean in hours["means"].items())
    aims = [f"{name} {target[name]:.4g}" for name in ("cfe", "annual", "carbon") if target[name] is not None]
    sells_back = inputs["export_share"] is None and target["annual"] is not None
    exports = f"exports up to {inputs['export_share']:.0%}" if inputs["export_share"] else "no exports"
    exports = "it sells no more than it buys" if sells_back else exports
    grid = "grid by the hour" if inputs["grid"] else "grid as its annual mean"
    return [
        f"load {show(inputs['load_mean_w'], 'W')} on average ({inputs['load']}{pue})",
        f"target {', '.join(aims) or 'least cost'}",
        *_withstood(inputs["reliability"]),
        f"capacity factors {hours['source']} ({means or 'none'})",
        *([f"gaps of up to {trim(inputs['fill_gaps_h'])} h filled"] if inputs["fill_gaps_h"] else []),
        *([grid, exports] if "grid" in inputs["technologies"] else ["no grid"]),
        f"costs of 2030, {_credits(inputs['charges'])}",
    ]


def _withstood(reliability: Json) -> list[str]:
    """What a plan must withstand, in words; nothing where nothing was asked for."""
    hours = reliability["unserved_hours"]
    return [
        *(["sized on a drawn year of outages"] if reliability["outages"] else []),
        *(["any one unit may be out"] if reliability["n_1"] else []),
        *([f"up to {hours:.4g} h of load unserved"] if hours else []),
    ]


def _credits(charges: Json) -> str:
    """The tax credits that costs are after, in words."""
    share, produced = charges["investment_credit"], charges["production_credit"]
    paid = [f"{share:.0%} of the capital"] if share else []
    paid += [f"{produced:g} USD/MWh"] if produced else []
    return f"after tax credits of {' and '.join(paid)}" if paid else "before tax credits"


def _work(command: str, inputs: Json, results: Json) -> list[str]:
    parts = [str(inputs.get("precision") or "")]
    if command == "train":
        settled = [name for name in ("mfu", "hours") if name in inputs]
        usual = "tuned as a benchmark" if inputs.get("tuned") else "a usual run in production, not a tuned one"
        return [*parts, f"{settled[0]} given" if settled else usual]
    if command == "flex balance":
        parts.append(f"IT at {inputs['utilisation']:.0%} of its design on average")
    if command == "meter bill":
        rest = [name for name, part in results["parts"].items() if name in REST and part.get("basis") == "estimated"]
        parts.append(f"{' and '.join(rest)} of {inputs['server']} estimated beside what was metered" if rest else "")
    if command == "flex response":
        parts += [f"{inputs['batch']:.0f} requests together", f"chips at work {inputs['active']:.0%} of the time"]
    if command in ("prompt", "session", "serve-average"):
        batch, active = _middle(results.get("batch")), _step(results, "share of time at work")
        given = " given" if "batch" in inputs else ""
        parts.append("" if batch is None else f"{batch:.0f} requests together{given}")
        parts.append("" if active is None else f"chips at work {active:.0%} of the time")
    if command in ("image", "video"):
        active = _step(results, "share of time at work")
        made = "images" if command == "image" else "videos"
        parts += [
            f"engine {inputs['engine']}",
            f"{count_words(made, inputs['batch'])} at once",
        ]
        passes = inputs.get("passes")  # each of several models' own where there is none
        parts.append("" if passes is None else "one pass a step" if passes == 1 else f"{passes} passes a step")
        parts.append("" if active is None else f"chips at work {active:.0%} of the time")
    if command in ("embed", "transcribe"):
        parts += [f"engine {inputs['engine']}", f"{inputs['batch']:,} at once on a chip"]
        active = inputs["active"] if "active" in inputs else _step(results, "share of time at work")
        parts.append("" if active is None else f"chips at work {active:.0%} of the time")
    if inputs.get("data_parallel"):
        parts.append(f"attention split by requests over {inputs['data_parallel']:,} groups of chips")
    if command == "serve":
        parts.append(f"at most {inputs['max_num_seqs']:,} requests together" if "max_num_seqs" in inputs else "")
    if command in ("prompt", "session", "serve-average", "serve", "frontier", "flex response"):
        parts.append(f"engine {inputs.get('engine') or ENGINE}")
    return parts


def _cost(results: Json) -> list[str]:
    return ["cost of electricity only"] if "cost_usd" in results else []


def _middle(value: Any) -> float | None:
    return float(value["p50"]) if isinstance(value, dict) else None


def _step(results: Json, name: str) -> float | None:
    """A step of the working by its name."""
    values = [step["value"] for step in results.get("steps", []) if step["name"] == name]
    if not values:
        return None
    return float(values[0]["p50"]) if isinstance(values[0], dict) else float(values[0])


def statement_words(statement: Json) -> str:
    """What was claimed of a job, and whether what was computed agrees with it."""
    value, unit = statement["computed"], statement["unit"]
    middle, low, high = (show(value[p], unit) for p in ("p50", "p5", "p95"))
    return (
        f"{statement['job']}: {show(statement['stated'], unit)} was claimed for its {statement['label']}; "
        f"computed {middle} ({low} to {high}): {statement['why']}"
    )


MARKS = {"agrees": "✓", "undecided": "↔", "disagrees": "✗"}
