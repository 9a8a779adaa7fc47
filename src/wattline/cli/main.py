"""The ``wattline`` command: one module a command, imported when it runs, so that the command starts fast."""

from __future__ import annotations

import os
import sys

import typer

from wattline import __version__
from wattline.cli import ask, facts, judge
from wattline.errors import WattlineError

app = typer.Typer(
    name="wattline",
    help="Follows electricity through AI, from the chip to the grid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(ask.run)
app.command("train")(ask.train)
app.command("prompt")(ask.prompt)
app.command("check")(judge.check)
app.command("facts")(facts.facts)
app.command(
    "explain",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(facts.explain)
app.add_typer(judge.validate_app, name="validate")
app.add_typer(judge.calibrate_app, name="calibrate")


def _version(asked: bool) -> None:
    if asked:
        print(f"wattline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main() -> None:
    """Run the command; bad input prints one line and exits with status 2."""
    try:
        app()
    except WattlineError as error:
        print(f"wattline: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("wattline: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # the reader went away (`wattline facts | head`): nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
