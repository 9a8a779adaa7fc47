"""Make the tables and outputs of docs/accuracy again, from the measurements beside the checkout.

    make accuracy
    python tools/accuracy.py [TABLE …]     # only these tables, e.g. training site; "runs" for the commands' outputs

A table whose measurements are absent is left as it is. All together take about half an hour on two cores.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

from accuracy_chip import inference, inference_by_task, inference_without, mlperf, published, serving, training
from accuracy_meter import recordings, sensor_windows
from accuracy_results import MLPERF, RUNS, SENSORS, SERVING, SITES, TIMED, results
from accuracy_site import site, site_left_out
from accuracy_world import world, world_left_out
from blocks import ROOT
from made import Table, rewrite

PAGES = [*sorted((ROOT / "docs/accuracy").glob("*.md")), ROOT / "docs/how-to/traffic.md", ROOT / "README.md"]


def summary() -> str | None:
    """The headline figures, one line for each kind of prediction."""
    needed = (RUNS, SERVING, TIMED, SITES, SENSORS, MLPERF)
    if not all(path.exists() for path in needed):
        return None
    model, rows = inference_without("model"), inference_without("rows")
    unseen = _unseen_runs()
    whole = results("compare", "examples/gpt3_512_h100.toml", str(MLPERF / "gpt3_64x8xH100/run_2"))
    energy = _side_by_side(whole)
    timed = results("validate", "serving", str(TIMED), "--leave-out", "model")["scores"]["mean_tpot_s"]
    pue = results("validate", "site", str(SITES), "--draws", "200", "--leave-out", "site")["scores"]["pue"]
    errors, inside = sensor_windows()
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
        f"| time per output token, model never seen | {timed['n']:,} measured services on six kinds of chip "
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
