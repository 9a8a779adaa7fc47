"""Make the tables and outputs of docs/accuracy again, from the measurements beside the checkout.

    make accuracy
    python tools/accuracy.py [TABLE …]     # only these tables, e.g. training site; "runs" for the commands' outputs

A table whose measurements are absent is left as it is. All together take about half an hour on two cores.
"""

from __future__ import annotations

import functools
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from blocks import ROOT, environment
from made import SHARED, Table, rewrite

PAGES = [*sorted((ROOT / "docs/accuracy").glob("*.md")), ROOT / "docs/how-to/traffic.md", ROOT / "README.md"]
FIGURES = SHARED / "independent/published_rows.csv"
RUNS = SHARED / "training/published_training_runs.csv"
SERVING = SHARED / "mlenergy/llm.csv"
TIMED = SHARED / "kernels/silicon_sample.csv"
RESULTS = SHARED / "mlperf_inference/results_v4.1_v5.1.csv"
SITES = SHARED / "facility/site_pue_wue.csv"
SENSORS = SHARED / "gpu_sensor"
MLPERF = SHARED / "mlperf_power/training"
MIN_ROWS = 100  # rows of a system that a table shows
MEASURES = ("energy_per_token", "power", "itl", "throughput")
LEFT_OUT = {
    "": "rows that the fit saw",
    "rows": "**each tenth of the rows left out of its fit**",
    "model": "**each model left out**",
    "family": "each family left out",
    "gpu": "each chip left out",
}


@functools.cache
def results(*arguments: str) -> dict[str, Any]:
    """The results of a command, as ``--json`` has them."""
    command = ["wattline", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment(ROOT), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    data = json.loads(done.stdout)
    return dict(data.get("results") or data)


def training() -> str | None:
    """Errors of chip-hours and energy, on rows fitted to, on rows left out of their fit, and on rows unseen."""
    if not RUNS.exists():
        return None
    from wattline.validate.evidence.training_runs import NEW_HOUSE, SAME_HOUSE, catalog_runs, read_runs
    from wattline.validate.fit.production import leave_one_house_out, leave_one_out, points
    from wattline.validate.training import validate

    runs = read_runs(RUNS)
    data = points(runs)
    fitted, unseen = validate(runs), validate(catalog_runs())
    rows = [
        "| measure | rows | median error | mean error | published in p5–p95 |",
        "|---|---|---|---|---|",
        _scored("chip-hours, rows that the fit saw", fitted.score("chip_hours")),
        _left_out("chip-hours, each row left out of its fit", leave_one_out(data)),
        _left_out("**chip-hours, each organisation left out of the fit of its rows**", leave_one_house_out(data)),
        _scored("chip-hours, other runs of organisations that the fit saw", unseen.score("chip_hours", SAME_HOUSE)),
        _scored("**chip-hours, runs of organisations that no fit saw**", unseen.score("chip_hours", NEW_HOUSE)),
        _scored("energy, rows that the power levels saw", fitted.score("energy")),
        _scored("**energy, rows that no fit saw**", unseen.score("energy")),
    ]
    return "\n".join(rows)


def published() -> str | None:
    """Errors of what projects publish of their training and serving, which no coefficient was fitted to."""
    if not FIGURES.exists():
        return None
    names = {
        "training, tuned, dense": "training, tokens a second, dense models",
        "training, tuned, experts": "training, tokens a second, mixtures of experts",
        "training, usual": "training without `--tuned`: a rate, chip-hours",
        "output_rate": "serving, tokens a second",
        "ttft": "serving, TTFT of a prompt alone",
        "latency": "serving, latency of an answer",
        "energy_per_token": "serving, joules a token",
    }
    groups = results("validate", "published", str(FIGURES))["groups"]
    lines = ["| published | figures | median error | mean | bias | in p5–p95 |", "|---|---|---|---|---|---|"]
    for key, name in names.items():
        score = groups[key]
        errors = f"{score['median_error_percent']:.0f}% | {score['mean_error_percent']:.0f}%"
        lines.append(
            f"| {name} | {score['n']} | {errors} | {score['bias_percent']:+.0f}% | {score['coverage_percent']:.0f}% |"
        )
    return "\n".join(lines)


def _scored(name: str, score: dict[str, Any]) -> str:
    cells = " | ".join(f"{score[f'{each}_percent']:.0f}%" for each in ("median_error", "mean_error", "coverage"))
    return f"| {name} | {score['n']} | {cells} |"


def _left_out(name: str, residuals: Any) -> str:
    from wattline.validate.fit.production import errors

    median, mean = errors(residuals)
    return f"| {name} | {len(residuals)} | {median:.0%} | {mean:.0%} | |"


def inference() -> str | None:
    """Mean absolute errors on measured serving: as fitted, and with rows, models, families and chips left out."""
    if not SERVING.exists():
        return None
    lines = []
    for leave_out, name in LEFT_OUT.items():
        data = _inference_without(leave_out)
        if not lines:
            lines = [
                f"| {len(data['rows'])} configurations | J/token | power | median ITL | tokens/s | J/token in p5–p95 |"
            ]
            lines += ["|---|---|---|---|---|---|"]
        scores = data["scores"]
        cells = [f"{scores[measure]['mean_error_percent']:.1f}%" for measure in MEASURES]
        lines.append(f"| {name} | {' | '.join(cells)} | {scores['energy_per_token']['coverage_percent']:.0f}% |")
    return "\n".join(lines)


def _inference_without(by: str) -> dict[str, Any]:
    """ML.ENERGY's rows beside fits that leave these groups out, by task too."""
    return results("validate", "inference", str(SERVING), "--by", "task", *(["--leave-out", by] if by else []))


def inference_by_task() -> str | None:
    """Mean errors of models left out of their fit, by task."""
    if not SERVING.exists():
        return None
    lines = ["| each model left out | rows | J/token | power | median ITL | tokens/s |", "|---|---|---|---|---|---|"]
    for task, scores in _inference_without("model")["groups"].items():
        errors = " | ".join(f"{scores[measure]['mean_error_percent']:.1f}%" for measure in MEASURES)
        lines.append(f"| {task} | {scores[MEASURES[0]]['n']} | {errors} |")
    return "\n".join(lines)


def mlperf() -> str | None:
    """Median errors of tokens/s and wall watts of MLPerf Inference, as fitted, and with chips and models left out."""
    if not RESULTS.exists():
        return None
    kinds = {
        "": "as fitted",
        "model": "**each model left out**",
        "chip": "**each chip left out**",
        "generation": "each generation of chips left out",
    }
    lines = [
        "| | results | tokens/s, median error | mean | bias | in p5–p95 | wall watts, median error |",
        "|---|---|---|---|---|---|---|",
    ]
    for leave_out, name in kinds.items():
        data = results("validate", "mlperf", str(RESULTS), *(["--leave-out", leave_out] if leave_out else []))
        rate, wall = data["scores"]["throughput"], data["scores"]["wall_power"]
        errors = (f"{rate[f'{each}_percent']:.1f}%" for each in ("median_error", "mean_error"))
        cells = [*errors, f"{rate['median_bias_percent']:+.1f}%", f"{rate['coverage_percent']:.0f}%"]
        lines.append(f"| {name} | {rate['n']} | {' | '.join(cells)} | {wall['median_error_percent']:.1f}% |")
    return "\n".join(lines)


def serving() -> str | None:
    """Median errors of TTFT and TPOT by system, with rows and with models left out of the fit."""
    if not TIMED.exists():
        return None
    variants = ([], ["--leave-out", "rows"], ["--leave-out", "model"])
    runs = [results("validate", "serving", str(TIMED), *more)["groups"] for more in variants]
    lines = [
        "| | rows | TTFT | TPOT | TTFT, rows left out | TPOT | TTFT, models left out | TPOT |",
        "|---|---|---|---|---|---|---|---|",
    ]
    undivided = {
        name: each for name, each in runs[0].items() if "," not in name and each["mean_ttft_s"]["n"] >= MIN_ROWS
    }
    for system, first in sorted(undivided.items(), key=lambda item: (not item[0].startswith("h"), item[0])):
        measures = ("mean_ttft_s", "mean_tpot_s")
        cells = [f"{run[system][measure]['median_error_percent']:.1f}%" for run in runs for measure in measures]
        name = system.removesuffix("_sxm").upper()
        lines.append(f"| {name} | {first['mean_ttft_s']['n']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def site() -> str | None:
    """Errors of PUE and WUE of published sites."""
    if not SITES.exists():
        return None
    data = results("validate", "site", str(SITES), "--draws", "200")
    lines = ["| against | figures | mean absolute error | bias | in p5–p95 |", "|---|---|---|---|---|"]
    for name, key in (("PUE", "pue"), ("Water at the site, L/kWh", "wue")):
        for operator, score in [("all", data["scores"][key]), *data["groups"][key].items()]:
            errors = (
                f"{score['mean_absolute_error']:.3f} | {score['mean_error']:+.3f} | {score['coverage_percent']:.0f}%"
            )
            lines.append(f"| {name}, {operator} | {score['n']} | {errors} |")
    return "\n".join(lines)


def site_left_out() -> str | None:
    """Errors of PUE and WUE by ranges that have not seen the site, the operator or the year."""
    if not SITES.exists():
        return None
    lines = ["| against | left out | mean absolute error | bias | in p5–p95 |", "|---|---|---|---|---|"]
    for by in ("site", "operator", "year"):
        data = results("validate", "site", str(SITES), "--draws", "200", "--leave-out", by)
        rows = [("PUE, all", data["scores"]["pue"])]
        rows += [("PUE, Amazon Web Services", data["groups"]["pue"]["Amazon Web Services"])]
        rows += [("Water at the site, L/kWh, all", data["scores"]["wue"])]
        for name, score in rows:
            errors = f"{score['mean_absolute_error']:.3f} | {score['mean_error']:+.3f}"
            lines.append(f"| {name} | {by} | {errors} | {score['coverage_percent']:.0f}% |")
    return "\n".join(lines)


def recordings() -> str | None:
    """Energy of MLPerf's recordings beside the published total."""
    if not MLPERF.exists():
        return None
    names = {
        "gpt3_64x8xH100/run_2": ("GPT-3, 512 H100, 64 node meters", "415.22 kWh"),
        "ssd_8x8xH100": ("SSD, 64 H100; five of eight meters fell to zero for 77 s", ""),
        "llama2_70b_lora_1x8xH100": ("Llama-2-70B LoRA, 8 H100, eight gaps of 9 to 20 s", ""),
    }
    lines = ["| recording | energy | range | published |", "|---|---|---|---|"]
    for folder, (name, published) in names.items():
        data = results("meter", "report", str(MLPERF / folder))
        energy, low, high = _energy(data)
        lines.append(f"| {name} | {energy:,.4g} kWh | {low:,.4g} to {high:,.4g} kWh | {published or '–'} |")
    return "\n".join(lines)


def _energy(data: dict[str, Any]) -> tuple[float, float, float]:
    energy = data["energy_wh"]
    if isinstance(energy, dict):
        return energy["value"] / 1e3, energy["low"] / 1e3, energy["high"] / 1e3
    return energy / 1e3, data["energy_low_wh"] / 1e3, data["energy_high_wh"] / 1e3


def summary() -> str | None:
    """The headline figures, one line for each kind of prediction."""
    needed = (RUNS, SERVING, TIMED, SITES, SENSORS, MLPERF)
    if not all(path.exists() for path in needed):
        return None
    model, rows = _inference_without("model"), _inference_without("rows")
    unseen = _unseen_runs()
    whole = results("compare", "examples/gpt3_512_h100.toml", str(MLPERF / "gpt3_64x8xH100/run_2"))
    energy = _side_by_side(whole)
    timed = results("validate", "serving", str(TIMED))["scores"]["mean_tpot_s"]
    pue = results("validate", "site", str(SITES), "--draws", "200", "--leave-out", "site")["scores"]["pue"]
    errors, inside = _sensor_windows()
    lines = [
        "| prediction | measured against | error | in p5–p95 |",
        "|---|---|---|---|",
        f"| J per token, model never seen | {len(model['rows'])} configurations of ML.ENERGY v3, H100 and B200 "
        f"| mean {_j_per_token(model)} |",
        f"| J per token, configuration never seen | the same, a tenth left out at a time | mean {_j_per_token(rows)} |",
        f"| chip-hours of a training run, organisation never seen | {unseen['n']} published runs "
        f"| median {unseen['median_error_percent']:.0f}% | {unseen['coverage_percent']:.0f}% |",
        "| energy of a training run | MLPerf GPT-3 on 512 H100, 64 node meters "
        f"| {abs(energy['ratio'] - 1):.1%} | {'inside' if energy['in_range'] else 'outside'} |",
        f"| time per output token of a service | {timed['n']:,} measured services on six kinds of chip "
        f"| median {timed['median_error_percent']:.1f}% | |",
        f"| PUE of a site never seen | {pue['n']} published figures | mean {pue['mean_absolute_error']:.3f} "
        f"| {pue['coverage_percent']:.0f}% |",
        f"| energy by a GPU's own sensor | a hardware meter, {len(errors)} windows "
        f"| median {statistics.median(errors):.1%} | {inside} of {len(errors)} |",
    ]
    return "\n".join(lines)


def _j_per_token(data: dict[str, Any]) -> str:
    score = data["scores"]["energy_per_token"]
    return f"{score['mean_error_percent']:.1f}% | {score['coverage_percent']:.0f}%"


def _unseen_runs() -> dict[str, Any]:
    from wattline.validate.evidence.training_runs import NEW_HOUSE, catalog_runs
    from wattline.validate.training import validate

    return validate(catalog_runs()).score("chip_hours", NEW_HOUSE)


def _side_by_side(data: dict[str, Any]) -> dict[str, Any]:
    return dict(data["compared"]["energy_wh"])


def _sensor_windows() -> tuple[list[float], int]:
    """Absolute errors of all windows of all recordings that have a meter, as corrected, and how many lie inside."""
    windows = [
        window
        for recording in results("validate", "sensors", str(SENSORS))["recordings"]
        for field in recording["fields"].values()
        for window in field["windows"]
    ]
    return [abs(window["corrected_error_percent"]) / 100 for window in windows], sum(
        window["in_range"] for window in windows
    )


def world() -> str:
    """Outlooks of earlier years beside what was published later."""
    data = results("validate", "world")
    lines = [
        "| outlook of | later figures | in p5–p95 | CRPS | of a drift | bias | worth alone | right ranges hold |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in data["origins"]:
        right = f"{row['right_percent']['p5']:.0f}–{row['right_percent']['p95']:.0f}%"
        lines.append(f"| {row['origin']} | {_world_score(row['score'])} | {row['independent_figures']:.1f} | {right} |")
    for name, score in (("all", data["score"]), ("of them two and more years ahead", data["ahead"])):
        lines.append(f"| {name} | {_world_score(score)} | | |")
    return "\n".join(lines)


def world_left_out() -> str:
    """Countries, companies, publishers, editions and years that were left out."""
    lines = ["| left out | figures | in p5–p95 | CRPS | of a drift | bias |", "|---|---|---|---|---|---|"]
    given = {
        "country": "a country, given its earlier figures",
        "company": "a company, given its earlier figures",
        "source": "a publisher",
        "edition": "an edition, as its publisher would put it",
        "year": "a year",
    }
    for name, words in given.items():
        data = results("validate", "world", "--leave-out", name)
        lines.append(f"| {words} | {_world_score(data['score'])} |")
        if data["unseen"]:
            lines.append(f"| {words.split(',')[0]}, given no figure | {_world_score(data['unseen'])} |")
    return "\n".join(lines)


def _world_score(score: dict[str, Any]) -> str:
    pair = score["crps_with_naive"] is not None
    crps = score["crps_with_naive"] if pair else score["crps"]
    naive = f"{score['naive_crps']:.3f}" if pair else "none"
    return f"{score['n']} | {score['coverage_percent']:.0f}% | {crps:.3f} | {naive} | {score['bias_percent']:+.0f}%"


TABLES: dict[str, Table] = {
    "summary": summary,
    "training": training,
    "published": published,
    "inference": inference,
    "inference_tasks": inference_by_task,
    "mlperf": mlperf,
    "serving": serving,
    "site": site,
    "unseen_sites": site_left_out,
    "recordings": recordings,
    "world": world,
    "unseen_world": world_left_out,
}


def main(*names: str) -> None:
    chosen = {name: make for name, make in TABLES.items() if not names or name in names}
    for path in PAGES:
        if rewrite(Path(path), chosen, runs=not names or "runs" in names):
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(*sys.argv[1:])
