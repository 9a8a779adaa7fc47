"""The ``wattline`` command: one module a command, imported when it runs, so that the command starts fast."""

from __future__ import annotations

import inspect
import re
import signal
import sys
import threading
from copy import copy
from types import FrameType
from typing import Any

import typer
from typer.main import get_command

from wattline.cli import (
    budget,
    calibrate,
    catalog,
    check,
    ci,
    cluster,
    compare,
    completion,
    embed,
    explain,
    facts,
    fleet,
    flex,
    frontier,
    image,
    mcp,
    measure,
    meter,
    prompt,
    proxy,
    run,
    saving,
    schema,
    sensors,
    serve,
    serve_average,
    session,
    site,
    supply,
    traffic,
    train,
    transcribe,
    tune,
    tune_serve,
    validate,
    validate_encoding,
    validate_media,
    validate_published,
    validate_steps,
    validate_supply,
    video,
    web,
    world,
)
from wattline.cli import list as listed
from wattline.cli.contents import Contents
from wattline.cli.empty import refuse_empty
from wattline.cli.printing import discard, emit, print_error
from wattline.cli.renamed import now_called
from wattline.cli.topics import commands_on
from wattline.cli.twice import refuse_twice
from wattline.core.errors import WattlineError, shorten
from wattline.core.version import __version__

# typer brings its own copy of click and names only the exception below this one
NO_COMMAND = re.compile(r"No such command '([\w-]+)'\.?$")
EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \(([^\s)]+)")
TRIED = re.compile(r"No such command '([\w-]+)'")
UsageError: type[Exception] = typer.BadParameter.__bases__[0]
INTERRUPTED = 130
ENDING = ("SIGTERM", "SIGHUP")
HELP = ("-h", "--help")
app = typer.Typer(
    cls=Contents,
    name="wattline",
    help="Follows electricity through AI, from the chip to the grid.",
    epilog='\b\nBegin with:\n  wattline prompt llama-3.1-8b\n  wattline check "ChatGPT uses 2.9 Wh per request"\n'
    "  wattline web\nOptions of a command: wattline COMMAND --help",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": list(HELP)},
)
app.command("run")(run.run)
app.command("train")(train.train)
app.command("prompt")(prompt.prompt)
app.command("image")(image.image)
app.command("video")(video.video)
app.command("session")(session.session)
app.command("embed")(embed.embed)
app.command("transcribe")(transcribe.transcribe)
app.command("serve")(serve.serve)
app.command("serve-average")(serve_average.serve_average)
app.command("frontier")(frontier.frontier)
app.command("compare")(compare.compare)
app.command("saving")(saving.saving)
app.command("site")(site.site)
app.command("supply")(supply.supply)
app.command("check")(check.check)
app.command("world")(world.world)
app.command("measure", context_settings={"allow_interspersed_args": False})(measure.measure)
app.command("tune", context_settings={"allow_interspersed_args": False})(tune.tune)
app.command("tune-serve")(tune_serve.tune_serve)
app.command("budget")(budget.budget)
app.command("ci", context_settings={"allow_interspersed_args": False})(ci.ci)
app.command("cluster")(cluster.cluster)
app.command("proxy")(proxy.proxy)
app.command("web")(web.web)
app.command("mcp")(mcp.mcp)
app.command("facts")(facts.facts)
app.command("list")(listed.names)
app.command(
    "explain",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    options_metavar="COMMAND …",
)(explain.explain)
app.command("completion")(completion.completion)
app.command("schema")(schema.schema)
app.command("sensors")(sensors.sensors)
app.command("traffic")(traffic.traffic)
app.add_typer(catalog.catalog_app, name="catalog")
app.add_typer(flex.flex_app, name="flex")
app.add_typer(fleet.fleet_app, name="fleet")
app.add_typer(meter.meter_app, name="meter")
validate.validate_app.command("steps")(validate_steps.validate_steps)
validate.validate_app.command("images")(validate_media.validate_images)
validate.validate_app.command("video")(validate_media.validate_video)
validate.validate_app.command("published")(validate_published.validate_published)
validate.validate_app.command("supply")(validate_supply.validate_supply)
validate.validate_app.command("encoding")(validate_encoding.validate_encoding)
calibrate.calibrate_app.command("encoding")(validate_encoding.calibrate_encoding)
app.add_typer(validate.validate_app, name="validate")
app.add_typer(calibrate.calibrate_app, name="calibrate")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"wattline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
    lang: str = typer.Option(
        "en", envvar="WATTLINE_LANG", help="Language of answers, reports and errors: en or zh; before the command."
    ),
) -> None:
    if lang != "en":
        from wattline.report.language.messages import LANGUAGES
        from wattline.report.language.translator import speak

        if lang not in LANGUAGES:
            raise WattlineError(f"--lang {shorten(lang)!r} is none of {', '.join(LANGUAGES)}")
        speak(lang)


def run_command(args: list[str] | None = None) -> None:
    """Run the command; bad input prints one line and exits with its error's status, 2 for most."""
    end_on_signals()
    args = join_words(sys.argv[1:] if args is None else args)
    try:
        if (words := help_of(args)) is not None:
            emit(words + "\n")
            sys.exit(0)
        command: Any = get_command(command_of(args))
        refuse_empty(command)
        refuse_twice(command)
        status = command(args, prog_name="wattline", standalone_mode=False)
    except (WattlineError, UsageError) as error:
        line = str(error) if isinstance(error, WattlineError) else usage(error)
        print_error(" ".join(line.split()))
        sys.exit(error.status if isinstance(error, WattlineError) else WattlineError.status)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except OSError as error:
        discard()
        print_error(f"{error.filename or 'output'}: {error.strerror or error}")
        sys.exit(2)
    except (RecursionError, MemoryError) as error:
        why = "is nested too deeply" if isinstance(error, RecursionError) else "takes more memory than there is"
        print_error(f"what was given {why}; give less of it")
        sys.exit(2)
    if status == INTERRUPTED:
        print_error("interrupted")
    sys.exit(status if isinstance(status, int) else 0)


def join_words(args: list[str]) -> list[str]:
    """The arguments with ``tune serve`` as its own command: what follows ``tune`` else is a command to run."""
    return ["tune-serve", *args[2:]] if args[:2] == ["tune", "serve"] else args


def end_on_signals() -> None:
    """SIGTERM and SIGHUP end the command as an exit does, so that it leaves no half files behind."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (getattr(signal, name) for name in ENDING if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for other in (getattr(signal, name) for name in ENDING if hasattr(signal, name)):
        signal.signal(other, signal.SIG_IGN)  # a second one must not stop the tidying
    sys.exit(128 + number)


def command_of(args: list[str]) -> typer.Typer:
    """The command with that of its commands which the arguments name: to build them all takes longer than many run."""
    name = args[0] if args else ""
    return app if name in ("explain", "web", "completion") else single_command(name)  # they run or name the others


def single_command(name: str) -> typer.Typer:
    """The command with this one of its commands; with all where it has none of the name."""
    chosen = copy(app)
    chosen.registered_commands = [each for each in app.registered_commands if each.name == name]
    chosen.registered_groups = [each for each in app.registered_groups if each.name == name]
    return chosen if chosen.registered_commands or chosen.registered_groups else app


def listed_alone(whole: typer.Typer) -> typer.Typer:
    """The same commands without their options, for a help text that lists them."""
    chosen = copy(whole)
    chosen.registered_commands = [copy(each) for each in whole.registered_commands]
    chosen.registered_groups = [copy(each) for each in whole.registered_groups]
    for command in chosen.registered_commands:
        about, command.callback = inspect.getdoc(command.callback), lambda: None
        command.help = command.help or about
    for group in chosen.registered_groups:
        if group.typer_instance is not None:
            group.typer_instance = listed_alone(group.typer_instance)
    return chosen


def help_of(args: list[str]) -> str | None:
    """The help text where a command's name and nothing else stands before ``--help``; None for all other arguments.

    typer imports pydantic when it reads any argument, which takes longer than the help itself.
    """
    if not args or args[-1] not in HELP:
        return None
    command: Any = get_command(single_command(args[0]) if len(args) > 1 else listed_alone(app))
    context: Any = None
    for name in ("wattline", *args[:-1]):
        if context is not None:
            command = getattr(command, "commands", {}).get(name)
        if command is None:
            return None
        context = command.context_class(command, info_name=name, parent=context, **command.context_settings)
    return str(context.get_help())


def usage(error: Any) -> str:
    """What is wrong with the command line, and the help that mends it."""
    command = error.ctx.command_path if error.ctx else "wattline"
    if instead := now_called(command, getattr(error, "option_name", None)):
        return instead
    if not error.format_message() or error.format_message().lstrip().startswith("Usage:"):  # a group without a command
        names = ", ".join(sorted(getattr(error.ctx.command, "commands", {}))) if error.ctx else ""
        return f"{command.removeprefix('wattline ')}: give one of its commands: {names}; see `{command} --help`"
    tried = TRIED.match(error.format_message()) if command == "wattline" else None
    if tried and (topic := commands_on(tried[1])):
        return f"no such command {tried[1]!r}; perhaps {topic}; see `wattline --help`"
    missing = NO_COMMAND.match(error.format_message()) if command == "wattline" else None
    if missing and (elsewhere := _elsewhere(missing[1])):
        return f"no such command {missing[1]!r}; perhaps `wattline {elsewhere}`; see `wattline --help`"
    extra = EXTRA.match(error.format_message())
    if extra and any("--model" in each.opts for each in error.ctx.command.params):
        return f"unexpected {extra[1]!r}: a model goes by --model here; see `{command} --help`"
    words = shorten(error.format_message(), 200).rstrip(".?").replace(". Did you mean", "; perhaps")
    return f"{words[:1].lower()}{words[1:]}; see `{command} --help`"


def _elsewhere(name: str) -> str:
    """A command of a group that bears the name, or the list of what it names; empty where there is none."""
    for group in sorted(app.registered_groups, key=lambda each: each.name != "meter"):
        if group.name in ("validate", "calibrate"):
            continue  # the models' own tests
        commands = group.typer_instance.registered_commands if group.typer_instance is not None else []
        if any(name == (each.name or getattr(each.callback, "__name__", "")) for each in commands):
            return f"{group.name} {name}"
    kind = next((kind for kind in listed.KINDS if name in (kind, kind.removesuffix("s"))), "")
    return f"list {kind}" if kind else ""
