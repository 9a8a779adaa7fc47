"""``wattline tune``: the limit of least energy, found while a command runs, and set back at its end."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli.unused import refuse
from wattline.core.errors import WattlineError

Opt = typer.Option

Metric = Annotated[str, Opt(help="What to minimise per unit of work: energy, cost or energy*time.")]
Slowdown = Annotated[
    str | None, Opt(help="Share by which a unit of work may take longer than before, such as 5% [default: any].")
]
Devices = Annotated[
    list[str] | None,
    Opt(
        "--only-device",
        help="Part of the name or UUID of a device to set; may be given several times [default: all GPUs].",
    ),
]
Knob = Annotated[str, Opt(help="What to set: power (limit in W) or clock (maximum in MHz).")]
Window = Annotated[str, Opt("--time", help="Time of one window of measurement.")]
Lasting = Annotated[
    str | None, Opt("--lasting", help='How long the whole run will last, such as "8 h" [default: 1,000 windows].')
]
Price = Annotated[str | None, Opt("--kwh-price", help="Price of electricity for --metric cost, such as '0.1 USD/kWh'.")]
HourPrice = Annotated[str | None, Opt(help="Price of an hour of the machine for --metric cost, such as '2 USD/h'.")]


def tune(
    context: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(help="Command to tune, with its arguments, after --.")] = None,
    metric: Metric = "energy",
    slowdown: Slowdown = None,
    device: Devices = None,
    knob: Knob = "power",
    window: Window = "5s",
    lasting: Lasting = None,
    price: Price = None,
    hour_price: HourPrice = None,
    restore: Annotated[
        bool, Opt("--restore", help="Restore the limits that ended jobs left behind, and run nothing.")
    ] = False,
    as_json: Annotated[bool, Opt("--json", help="Print one JSON object to standard output at the end.")] = False,
) -> None:
    """Find the power limit or clock of least energy while a COMMAND runs, prove what it saves, and restore the old
    limit. Its exit status, signals, input and output pass through."""
    if restore:
        if command:
            raise WattlineError("tune: --restore runs no COMMAND; give nothing beside it")
        refuse(context, [name for name in context.params if name != "restore"], "a COMMAND, not with --restore")
        _restore()
        return
    if not command:
        raise WattlineError("tune: give a COMMAND after --, or --restore")
    from wattline.control.objective import objective
    from wattline.control.tune import pace_of
    from wattline.meter.live.run_command import check_command, hold_signals

    check_command(command)
    # before anything begins threads, which would be given the signals in this one's place
    with hold_signals() as signals:
        from wattline.control.discover import find_settables
        from wattline.control.run_tuned import run_tuned

        goal = objective(metric, slowdown, price or 0.0, hour_price or 0.0)
        settables = find_settables(device or (), knob)
        status, result = run_tuned(command, settables, goal, pace_of(window, lasting), signals)
    if as_json:
        from wattline.cli.printing import print_json

        print_json(result.json())
    show(result.json())
    raise typer.Exit(status)


def show(data: dict[str, object]) -> None:
    """The outcome to standard error, which the command's output leaves free."""
    import sys

    from wattline.core.printable import printable
    from wattline.report.present import as_text

    print(printable(as_text(data)), file=sys.stderr, flush=True)


def _restore() -> None:
    from wattline.cli.printing import emit
    from wattline.control.restore import IN_USE, WAITING, restore_all

    results = restore_all()
    emit("\n".join(map(str, results)) + "\n" if results else "nothing to set back\n")
    if any(each.outcome in (IN_USE, WAITING) for each in results):
        raise typer.Exit(1)
