"""The data of a run as the report takes it, for the tests of the page."""

from __future__ import annotations

import math
from typing import Any

from wattline.report.page.run import run_page

PARTS = {  # name: (label, station, share of the training run, share of a serving fleet)
    "chip_active": ("Chips, active", "chip", 0.640, 0.0),
    "prefill": ("Chips, reading prompts", "chip", 0.0, 0.062),
    "decode": ("Chips, writing answers", "chip", 0.0, 0.418),
    "chip_idle": ("Chips, idle", "chip", 0.031, 0.121),
    "host": ("Hosts", "server", 0.149, 0.168),
    "network": ("Network", "server", 0.026, 0.041),
    "cooling": ("Cooling", "site", 0.088, 0.108),
    "ups": ("UPS", "site", 0.034, 0.043),
    "distribution": ("Power distribution", "site", 0.021, 0.026),
    "fans": ("Fans", "site", 0.009, 0.010),
    "lighting": ("Lighting and offices", "site", 0.002, 0.003),
}


ORDER = ("chip", "server", "site", "grid")


def spread(mid: float, width: float = 0.18) -> dict[str, float]:
    return {"p5": mid * (1 - width), "p50": mid, "p95": mid * (1 + 1.6 * width)}


def stations(parts: dict[str, Any], seconds: float, width: float) -> dict[str, Any]:
    result = {}
    for i, station in enumerate(ORDER):
        inside = math.fsum(p["energy_mean_wh"] for p in parts.values() if p["station"] in ORDER[: i + 1])
        result[station] = {
            "energy_wh": spread(inside, width),
            "mean_w": spread(inside * 3600 / seconds, width),
        }
    return result


def bill(energy: float, serving: bool, width: float) -> dict[str, Any]:
    parts = {}
    for key, (label, station, *shares) in PARTS.items():
        if share := shares[serving]:
            mean = energy * share
            parts[key] = {"label": label, "station": station, "energy_mean_wh": mean, "share": share}
            parts[key]["energy_wh"] = spread(mean, width * 1.2)
    return parts


def consequences(energy: float, width: float) -> dict[str, Any]:
    return {
        "energy_wh": spread(energy, width),
        "cost_usd": spread(energy / 1e3 * 0.083, width),
        "co2e_kg": spread(energy / 1e3 * 0.429, width),
        "co2e_direct_kg": spread(energy / 1e3 * 0.367, width),
        "water_l": spread(energy / 1e3 * 3.1, width),
        "equivalents": [
            {
                "name": "US homes for a year",
                "count": spread(energy / 10.5e6, width),
                "fact": "region.us.home_kwh_per_year",
            },
            {
                "name": "kilometres in an electric car",
                "count": spread(energy / 170, width),
                "fact": "constant.ev",
            },
            {"name": "hours of a 10 W lamp", "count": spread(energy / 10, width), "fact": "constant.lamp"},
            {"name": "web searches", "count": spread(energy / 0.3, width), "fact": "constant.search"},
        ],
    }


FACTS = [
    {
        "key": "chip.v100-sxm2-32gb.tdp_w",
        "name": "NVIDIA V100 SXM2 32GB: rated power",
        "value": 300.0,
        "low": 300.0,
        "high": 300.0,
        "unit": "W",
        "dist": "fixed",
        "basis": "published",
        "note": "",
        "source": {"title": "NVIDIA V100 datasheet", "year": 2020, "where": "page 2"},
    },
    {
        "key": "training_run.gpt-3.mfu",
        "name": "GPT-3 training: share of peak that was used",
        "value": 0.197,
        "low": 0.16,
        "high": 0.25,
        "unit": "",
        "dist": "triangular",
        "basis": "derived",
        "note": "24.6 of 125 TFLOP/s",
        "source": {
            "title": "Patterson et al., Carbon Emissions and Large Neural Network Training",
            "year": 2021,
            "where": "table 4, https://arxiv.org/abs/2104.10350",
        },
    },
    {
        "key": "region.us.carbon_lifecycle_g_per_kwh",
        "name": "United States: carbon of electricity, life cycle",
        "value": 429.0,
        "low": 390.0,
        "high": 470.0,
        "unit": "g/kWh",
        "dist": "triangular",
        "basis": "published",
        "note": "an average over the year; hours differ",
        "source": "Patterson et al. 2021, table 4",
    },
    {
        "key": "chip.v100-sxm2-32gb.fp16_flops",
        "name": "NVIDIA V100 SXM2 32GB: fp16 peak",
        "value": 125e12,
        "low": 125e12,
        "high": 125e12,
        "unit": "FLOP/s",
        "dist": "fixed",
        "basis": "published",
        "note": "",
        "source": {"title": "NVIDIA V100 datasheet", "year": 2020, "where": "page 2"},
    },
]


MATTERS = [
    {
        "fact": "training_run.gpt-3.mfu",
        "name": "Share of the chips’ peak that is used",
        "rank_correlation": -0.83,
        "value": 0.197,
        "low": 0.16,
        "high": 0.25,
        "unit": "",
    },
    {
        "fact": "prompt.long.energy_wh",
        "name": "Energy of a prompt",
        "rank_correlation": 0.71,
        "value": 2.9,
        "low": 1.4,
        "high": 4.8,
        "unit": "Wh",
    },
    {
        "fact": "site.hyperscale.cooling_power",
        "name": "Cooling, per IT energy",
        "rank_correlation": 0.22,
        "value": 0.10,
        "low": 0.06,
        "high": 0.18,
        "unit": "",
    },
    {
        "fact": "server.dgx-1.host_w",
        "name": "Power of a host beside its chips",
        "rank_correlation": 0.12,
        "value": 900.0,
        "low": 700.0,
        "high": 1200.0,
        "unit": "W",
    },
]


def job(name: str, energy: float, seconds: float, *, serving: bool, width: float = 0.18) -> dict[str, Any]:
    parts = bill(energy, serving, width)
    return {
        "command": "serve" if serving else "train",
        "name": name,
        "title": "GPT-3 175B, 300 billion tokens on 10,000 × NVIDIA V100 SXM2 32GB" if not serving else name,
        "inputs": {
            "model": "gpt-3-175b",
            "chip": "v100-sxm2-32gb",
            "chips": 10000,
            "tokens": 3e11,
            "region": "us",
        },
        "duration_s": spread(seconds, 0.0 if serving else width),
        "mean_w": spread(energy * 3600 / seconds, width),
        "peak_w": spread(energy * 4600 / seconds, width),
        **consequences(energy, width),
        "energy_mean_wh": energy,
        "stations": stations(parts, seconds, width),
        "parts": parts,
        "matters": MATTERS,
        "steps": [
            {
                "name": "training compute",
                "formula": "3 × forward FLOPs per token × tokens",
                "value": 3.14e23,
                "unit": "FLOP",
                "station": "work",
            },
            {
                "name": "time",
                "formula": "compute / (chips × peak × MFU)",
                "value": spread(seconds, width),
                "unit": "s",
                "station": "chip",
            },
            {
                "name": "server power",
                "formula": "chips × (chip power + host power / chips per node + network)",
                "value": spread(3.3e6, width),
                "unit": "W",
                "station": "server",
            },
            {
                "name": "grid energy",
                "formula": "server energy × (1 + UPS + distribution + cooling + fans + lighting)",
                "value": spread(energy, width),
                "unit": "Wh",
                "station": "grid",
            },
        ],
        "facts": FACTS,
    }


def total(jobs: list[dict[str, Any]], title: str = "What the article’s AI would use") -> dict[str, Any]:
    energy = math.fsum(j["energy_mean_wh"] for j in jobs)
    parts: dict[str, Any] = {}
    for each in jobs:
        for key, part in each["parts"].items():
            seen = parts.setdefault(key, {**part, "energy_mean_wh": 0.0})
            seen["energy_mean_wh"] += part["energy_mean_wh"]
    for part in parts.values():
        part |= {"share": part["energy_mean_wh"] / energy, "energy_wh": spread(part["energy_mean_wh"], 0.2)}
    return {
        "command": "run",
        "wattline": "0.1.0",
        "title": title,
        "story": "An article says that training GPT-3 took 1,287 MWh, and that a prompt takes 2.9 Wh, ten "
        "times a web search. What would a year of 200 million such prompts a day draw from the grid, and "
        "what if a prompt takes 0.3 Wh, as later measurements say?",
        "draws": 2000,
        "seed": 0,
        "jobs": jobs,
        **consequences(energy, 0.16),
        "energy_mean_wh": energy,
        "stations": stations(parts, max(each["duration_s"]["p50"] for each in jobs), 0.16),
        "parts": parts,
        "matters": MATTERS,
        "facts": FACTS,
        "scenario": '[scenario]\ntitle = "What the article’s AI would use"\n\n[[job]]\ntrain = "gpt-3-175b"\n'
        'tokens = "300B"\nchips = 10_000  # <— V100 & NVLink\n',
    }


def run_of(count: int) -> dict[str, Any]:
    jobs = [job(f"Job {i}", 10.0 ** (3 + 0.8 * i), 86400.0 * (i + 1), serving=i % 2 == 0) for i in range(count)]
    return total(jobs, f"{count} jobs")


ENVELOPE = ("command", "wattline", "draws", "seed", "inputs", "facts", "notes", "warnings")


def render(flat: dict[str, Any]) -> str:
    """The page of a run or an answer that is made here flat: its results go into the envelope."""
    data = {key: value for key, value in flat.items() if key in ENVELOPE}
    results = {key: value for key, value in flat.items() if key not in ENVELOPE and key != "name"}
    if isinstance(flat.get("jobs"), list):
        results["jobs"] = [
            {key: each[key] for key in ("name", "command", "inputs") if key in each}
            | {"results": {key: value for key, value in each.items() if key not in ENVELOPE and key != "name"}}
            for each in flat["jobs"]
        ]
    if isinstance(results.get("scenario"), str):
        data["inputs"] = {"scenario": results.pop("scenario")}
    return run_page({**data, "results": results})
