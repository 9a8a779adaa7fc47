"""A form's fields, made from the parameters of a command, so that a new option has its field at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["text", "flag", "file", "either"]  # either: words, or a file of them
# what the app does itself, or what reaches beyond this machine or writes on it
HIDDEN = {"as_json", "explain", "out", "report", "save", "carbon_url", "on", "workers", "resume", "plot"}
HIDDEN_OF = {"world": {"export"}, "image": {"config"}, "video": {"config"}}  # what goes with a folder alone
FILES = {"paths", "files"}  # of a recording, which a browser sends
EITHER = {"carbon", "price", "weather", "scenario", "claims", "session", "signal"}
EITHER_OF = {"shift": {"to", "beside"}, "sites": {"signals", "arrives"}}  # a region by name, a power, or a file
WIDE = {"claims", "phase"}  # a sentence rather than a word
LABELS = {
    "it": "IT power",
    "pue": "PUE",
    "ups": "UPS",
    "gpus": "Chips a replica",
    "chip": "Chip",
    "chips": "Chips in the run",
    "mfu": "Measured MFU",
    "input_tokens": "Tokens in",
    "output_tokens": "Tokens out",
    "tokens": "Tokens in all",
    "slo_ttft": "First token within",
    "slo_tpot": "Each token within",
    "slo_latency": "95% answered within",
    "batch_wait": "Wait of a batch",
    "max_batch_tokens": "Tokens of a batch, at most",
    "clip": "Length of a recording",
    "slo_share": "Share that must keep them",
    "max_num_seqs": "Requests at once, at most",
    "max_num_batched_tokens": "Tokens in a step, at most",
    "carbon": "Carbon of a kWh",
    "with_": "May be built",
    "load_mw": "Power of the whole site",
    "what_if": "What if",
    "as_of": "Known by the end of",
    "facts": "Facts of your own",
    "config": "Model's config.json",
    "claims": "Claim",
    "catalog": "Facts as they were in",
    "rate": "Requests",
    "active": "Share of time at work",
    "batch": "Requests together",
    "paths": "Recordings",
    "path": "Recording",
}


@dataclass(frozen=True)
class Field:
    """An input of a form.

    Attributes
    ----------
    name : of the command's parameter, which the query string bears
    flag : the option on the command line; "" for an argument
    about : what it is, as the command's help says it
    usual : the value where none is given; "" where it follows from other things
    kind : words, a box to tick, a file, or either words or a file
    needed : whether the command must have it
    many : whether it may be given several times, with semicolons between
    number : whether the command reads it as a bare number
    """

    name: str
    flag: str
    about: str
    usual: str
    kind: Kind
    needed: bool
    many: bool
    number: bool = False

    @property
    def wide(self) -> bool:
        """Whether it takes a sentence."""
        return self.name in WIDE

    @property
    def label(self) -> str:
        """Its name for people."""
        return LABELS.get(self.name) or self.name.strip("_").replace("_", " ").capitalize()


def fields_of(command: Any) -> dict[str, Field]:
    """The fields of a command (click's, as typer makes it) by name, in the command's order."""
    hidden = HIDDEN | HIDDEN_OF.get(str(command.name), set())
    either = EITHER | EITHER_OF.get(str(command.name), set())
    fields = (_field(parameter, either) for parameter in command.params)
    return {field.name: field for field in fields if field.name not in hidden}


def _field(parameter: Any, either: set[str]) -> Field:
    name = str(parameter.name)
    option = parameter.param_type_name == "option"
    default = parameter.default
    return Field(
        name=name,
        flag=next((flag for flag in parameter.opts if flag.startswith("--")), "") if option else "",
        about=str(getattr(parameter, "help", None) or ""),
        usual="" if default is None or isinstance(default, bool) else str(default),
        kind=_kind(parameter, name, either),
        needed=bool(parameter.required),
        many=bool(parameter.multiple) or getattr(parameter, "nargs", 1) == -1,
        number=_annotation(parameter) in (int, float),
    )


def _kind(parameter: Any, name: str, either: set[str]) -> Kind:
    if getattr(parameter, "is_flag", False):
        return "flag"
    if name in either:
        return "either"
    takes_path = name in FILES or _annotation(parameter) is Path or str(parameter.metavar or "").startswith("FILE")
    return "file" if takes_path else "text"


def _annotation(parameter: Any) -> Any:
    """The type that a command's parameter is declared with, without None."""
    return getattr(getattr(parameter, "type_descriptor", None), "annotation", None)


def commands_in(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that answers in JSON, by its whole name.

    Parameters
    ----------
    group : a command with commands
    before : name of the group, with a space behind it

    Returns
    -------
    Whole names and the commands.
    """
    for name, command in getattr(group, "commands", {}).items():
        whole = f"{before}{name}"
        if hasattr(command, "commands"):
            yield from commands_in(command, f"{whole} ")
        elif any("--json" in parameter.opts for parameter in command.params):
            yield whole, command


def first_and_rest(fields: Mapping[str, Field], first: tuple[str, ...]) -> tuple[list[Field], list[Field]]:
    """The fields that a page shows at once, in its order, and the others.

    Parameters
    ----------
    fields : of a page, by name
    first : names of those that are shown at once

    Returns
    -------
    The two lists.
    """
    shown = [fields[name] for name in first if name in fields]
    return shown, [field for field in fields.values() if field not in shown]
