"""The same question as a few lines of Python: which function a command has, and how its inputs become arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wattline.web.app.forms import Field

AS_MODEL = {"config": "{}", "params": "{}-params"}  # inputs that stand for the model, and how


@dataclass(frozen=True)
class Part:
    """An argument that is made of several inputs.

    Attributes
    ----------
    maker : a function of the package, or a class with its module; "" for a plain dictionary
    inputs : the parameter of it that each input is, by the input's name
    shared : inputs among them that the function takes too
    before : whether it gets a line of its own, under the argument's name
    pairs : two inputs that are one parameter, by its name
    """

    maker: str
    inputs: Mapping[str, str]
    shared: tuple[str, ...] = ()
    before: bool = False
    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """All inputs that it takes."""
        return {*self.inputs, *(name for pair in self.pairs.values() for name in pair)}

    def written(self, words: Mapping[str, str]) -> str:
        """It in Python; ``words`` are its inputs as they are written there, by name."""
        given = {self.inputs[name]: words[name] for name in words if name in self.inputs}
        for parameter, pair in self.pairs.items():
            if set(pair) <= set(words):
                given[parameter] = f"({', '.join(words[name] for name in pair)})"
        if not self.maker:
            return "{" + ", ".join(f"{name!r}: {text}" for name, text in given.items()) + "}"
        name = self.maker if self.maker.startswith("wl.") else self.maker.rpartition(".")[2]
        return f"{name}({', '.join(f'{name}={text}' for name, text in given.items())})"


@dataclass(frozen=True)
class Call:
    """How a command's question is put to a function of the package.

    Attributes
    ----------
    function : its name there
    first : inputs that come first and without a name; an argument of the command line always does
    renamed : its parameters whose names differ from the inputs'
    patterns : how values of inputs are written, with ``{}`` for the command's
    parts : arguments made of several inputs
    implied : arguments that stand where the first of these inputs is not given and one of the others is
    missing : inputs that it does not take, so that there are no such lines where one of them is given
    """

    function: str
    first: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    implied: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def lines(self, fields: Mapping[str, Field], values: Mapping[str, str]) -> str:
        """The lines of Python.

        Parameters
        ----------
        fields : of the command
        values : what was given, by field, with files by their names

        Returns
        -------
        A program; "" where the function does not take what was given.
        """
        if {"catalog", *self.missing} & set(values):
            return ""
        words = {
            "model" if name in AS_MODEL else name: self._literal(fields[name], value) for name, value in values.items()
        }
        inside = {name for part in self.parts.values() for name in part.names - set(part.shared)}
        places = [name for name in words if not fields[name].flag or name in self.first]
        first = sorted((name for name in places if name not in inside), key=self._order)
        arguments = [words[name] for name in first]
        before, imports = [], ["import wattline as wl"]
        for argument, part in self.parts.items():
            own = {name: text for name, text in words.items() if name in part.names}
            if not own or (not part.before and set(own) <= set(part.shared)):
                continue
            text = part.written(own)
            if "." in part.maker and not part.maker.startswith("wl."):
                module, _, name = part.maker.rpartition(".")
                imports.append(f"from {module} import {name}")
            if part.before:
                before.append(f"{argument} = {text}")
                arguments.append(argument)
            else:
                arguments.append(f"{argument}={text}")
        named = [name for name in words if name not in first and name not in inside]
        arguments += [f"{self.renamed.get(name, name)}={words[name]}" for name in named]
        arguments += [
            text for (name, *others), text in self.implied.items() if name not in words and {*others} & {*words}
        ]
        return "\n".join([*imports, "", *before, f"wl.{self.function}({', '.join(arguments)})"])

    def _order(self, name: str) -> int:
        return self.first.index(name) if name in self.first else len(self.first)

    def _literal(self, given: Field, value: str) -> str:
        if given.kind == "flag":
            return "True"
        if given.many:
            return repr([part.strip() for part in value.split(";")])
        text = self.patterns.get(given.name, AS_MODEL.get(given.name, "{}")).format(value)
        return text if given.number and _is_number(text) else repr(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip("-").replace(".", "", 1).isdecimal()


def _traffic(*shared: str) -> Part:
    """The requests, of a trace or made; ``shared``: inputs that the function takes too."""
    names = ("trace", "rate", "duration", "shape", "lengths", *shared)
    lengths = {"lengths": ("input_tokens", "output_tokens")}
    return Part("wl.traffic", {name: name for name in names}, shared=shared, before=True, pairs=lengths)


SPACE = Part(
    "",
    {
        name: name
        for name in (
            "chip", "instance", "gpus", "precision", "power_cap", "max_num_seqs", "max_num_batched_tokens", "pools",
        )
    },
)  # fmt: skip
FLEX = "wattline.predict.flex"
CALLS = {
    "prompt": Call("prompt"),
    "image": Call("image"),
    "video": Call("video"),
    "session": Call("session"),
    "embed": Call("embed"),
    "transcribe": Call("transcribe"),
    "train": Call("train"),
    "site": Call("site", missing=("compare", "places")),
    "serve-average": Call("serve_average"),
    "flex balance": Call(
        "flex_balance",
        parts={
            "demand": Part(
                f"{FLEX}.demand.DemandFile",
                {"demand": "path", "column": "column", "unit": "unit", "fill_gaps": "fill_gaps"},
            )
        },
    ),
    "supply": Call("supply", renamed={"with_": "technologies"}),
    "check": Call("check", renamed={"claims": "path"}),
    "world": Call(
        "world", renamed={"to": "years"}, patterns={"to": "2015-{}"},
        missing=("series", "stock", "answer", "rate", "request_energy"),
    ),
    "serve": Call(
        "serve", ("model",), missing=("cv",), parts={"traffic": _traffic("cells", "seed")},
        implied={("replicas", "slo_ttft", "slo_tpot"): "replicas='fewest'"},
    ),
    "frontier": Call(
        "frontier", ("model",), renamed={"against": "setup"}, missing=("cv",),
        parts={"traffic": _traffic("seed"), "space": SPACE},
    ),
    "flex headroom": Call("flex_headroom", renamed={"share": "shares", "column": "columns"}),
    "flex shift": Call(
        "flex_shift", renamed={"to": "sites"},
        parts={
            "job": Part(
                f"{FLEX}.shift.DailyJob",
                {name: name for name in ("length", "before", "after", "at", "pause", "power", "data", "latency")}
                | {"round_trip": "round_trips"},
            )
        },
    ),
    "flex sites": Call(
        "flex_sites",
        parts={
            "work": Part(
                f"{FLEX}.sites.SharedWork",
                {
                    name: name
                    for name in (
                        "room", "arrives", "serving", "wait", "reach", "between", "waiting_data", "serving_data",
                    )
                },
            )
        },
    ),
    "flex swings": Call(
        "flex_swings", ("phase", "chips"),
        parts={
            "measures": Part(f"{FLEX}.measures.Measures", {n: n for n in ("floor", "ramp", "store", "shelf", "idle")}),
            "limits": Part(
                f"{FLEX}.measures.LimitTexts",
                {"limits": "name", "band_share": "band_share", "ramp_limit": "ramp", "range_limit": "swing"},
            ),
        },
    ),
    "flex response": Call(
        "flex_response", ("it", "model"),
        parts={
            "served": Part(
                f"{FLEX}.response.ServedLoad", {n: n for n in ("input_tokens", "output_tokens", "batch", "active")}
            ),
            "promise": Part(f"{FLEX}.response.Promise", {"slo_ttft": "ttft", "slo_tpot": "tpot"}),
            "reserves": Part(
                f"{FLEX}.response.Reserves",
                {"ups_time": "ups", "battery": "battery", "battery_power": "battery_power", "pausable": "pausable"},
            ),
            "prices": Part(
                f"{FLEX}.worth.Prices",
                {
                    "capacity_price": "capacity", "reserve_price": "reserve", "energy_price": "energy",
                    "called": "called_h", "lasts": "lasts",
                },
            ),
        },
    ),
    "saving": Call(
        "saving",
        missing=("columns", "unit", "device", "inside", "work"),
        renamed={"work_unit": "unit"},
        parts={
            "conditions": Part(
                "wattline.reconcile.conditions.SameConditions", {"temperature": "temperature", "same_load": "load"}
            ),
        },
    ),
    "run": Call("run"),
}  # fmt: skip


def python_lines(command: str, fields: Mapping[str, Field], values: Mapping[str, str]) -> str:
    """The question as a program; "" for a command without a function, or an input that it does not take.

    Parameters
    ----------
    command : its name on the command line
    fields : of it
    values : what was given, by field, with files by their names

    Returns lines of Python.
    """
    call = CALLS.get(command)
    return "" if call is None else call.lines(fields, values)


def lines_that_run(words: Sequence[str]) -> str:
    """A command's question as a program that runs the command, for what the package has no function for.

    Parameters
    ----------
    words : of the command line, after its name

    Returns lines of Python, whose last gives the answer as ``--json`` prints it.
    """
    before = words.index("--") if "--" in words else len(words)
    typed = ", ".join(repr(word) for word in (*words[:before], "--json", *words[before:]))
    return f"import json\nimport subprocess\n\njson.loads(subprocess.check_output(['wattline', {typed}]))"
