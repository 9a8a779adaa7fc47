"""Tables of docs/accuracy on chips: training runs, services of LLMs, MLPerf's results."""

from __future__ import annotations

from typing import Any

from accuracy_results import FIGURES, RESULTS, RUNS, SERVING, TIMED, results

MIN_ROWS = 100  # rows of a system that a table shows
MEASURES = ("energy_per_token", "power", "itl", "throughput")
LEFT_OUT = {
    "": "rows that the fit saw",
    "rows": "**each tenth of the rows left out of its fit**",
    "model": "**each model left out**",
    "family": "each family left out",
    "gpu": "each chip left out",
}


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
        data = inference_without(leave_out)
        if not lines:
            lines = [
                f"| {len(data['rows'])} configurations | J/token | power | median ITL | tokens/s | J/token in p5–p95 |"
            ]
            lines += ["|---|---|---|---|---|---|"]
        scores = data["scores"]
        cells = [f"{scores[measure]['mean_error_percent']:.1f}%" for measure in MEASURES]
        lines.append(f"| {name} | {' | '.join(cells)} | {scores['energy_per_token']['coverage_percent']:.0f}% |")
    return "\n".join(lines)


def inference_without(by: str) -> dict[str, Any]:
    """ML.ENERGY's rows beside fits that leave these groups out, by task too."""
    return results("validate", "inference", str(SERVING), "--by", "task", *(["--leave-out", by] if by else []))


def inference_by_task() -> str | None:
    """Mean errors of models left out of their fit, by task."""
    if not SERVING.exists():
        return None
    lines = ["| each model left out | rows | J/token | power | median ITL | tokens/s |", "|---|---|---|---|---|---|"]
    for task, scores in inference_without("model")["groups"].items():
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
