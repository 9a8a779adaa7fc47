"""``wattline compare``: what was predicted beside what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli import measure_bill, meter_choices, options
from wattline.cli.groups import expand
from wattline.cli.meter_export import Recorded, WindowOpt

if TYPE_CHECKING:
    from wattline.reconcile.compare import Comparison

Opt = typer.Option


@expand
def compare(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML), as `wattline run` takes it.")],
    measured: Recorded,
    *,
    where: options.WhereOptions,
    job: Annotated[str | None, Opt(help="Name of one job of the scenario [default: all together].")] = None,
    window: WindowOpt = None,
    reading: meter_choices.ReadOptions,
    draws: options.FileDraws = None,
    seed: options.FileSeed = None,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare a prediction with its measurement, part by part and by cause. With a region, carbon, a price or another
    option of place, the bill to the grid of what was measured follows."""
    from wattline.cli.meter_export import read_recording
    from wattline.cli.printing import emit, print_json, print_result
    from wattline.reconcile.compare import compare as work
    from wattline.scenario.run import run

    measure_bill.check_where(where)
    worked = run(scenario, draws, seed, facts=facts)
    result = work(worked, read_recording(measured, reading), job=job, window=window)
    if not where:
        return print_result(result, as_json)
    bill = _bill(result, where)
    if as_json:
        data = result.json()
        data["results"]["bill"] = bill
        return print_json(data)
    print_result(result, as_json)
    lines = (f"  {line}\n" for line in measure_bill.bill_lines(bill))
    emit("\nThe bill of what was measured:\n" + "".join(lines))
    return None


def _bill(result: Comparison, where: dict[str, Any]) -> dict[str, Any]:
    """The results of ``meter bill`` for what was compared, in the draws of the prediction."""
    from wattline.reconcile.bill import bill

    seen = result.seen
    chip = result.predicted.chip if seen.chip is None else None
    results: dict[str, Any] = bill(seen, chip=chip, draws=result.draws, **where).json()["results"]
    return results
