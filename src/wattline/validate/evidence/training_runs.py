"""Published training runs, read from a CSV or from the catalog: what each gives, and why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from wattline import catalog
from wattline.catalog import Record
from wattline.core.errors import NotFound, shorten
from wattline.core.quantity import COUNT_WORDS, parse
from wattline.line.work.model import Model, load_model
from wattline.line.work.training import TRAINING_FORMATS
from wattline.validate.evidence.table import csv_rows

COLUMNS = (
    *("model", "params_B", "active_B", "tokens_B", "hardware", "chips", "chip_hours"),
    *("energy_MWh", "PUE", "W_per_chip", "power_basis", "circular"),
)
OPTIONAL = ("precision",)
MAX_WORDS = 12  # of a row's name, among which its model is looked for
NEW_HOUSE, SAME_HOUSE = "no fit saw the house", "no fit saw the run, same house"
BENCHMARKS = "MLPerf"  # the house of all its submissions: one set of rules, one kind of tuning
_PLAIN = r"(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_UNIT = r"\s?(?:(?P<{0}>[kmbt]|bn|thousand|million|billion|trillion|[kmgt]?wh)(?![a-z0-9]))?"
_NUMBER = re.compile(rf"(?:(?<!\S)-)?{_PLAIN}{_UNIT.format('unit')}", re.IGNORECASE)
_RANGE = re.compile(
    rf"(?P<low>{_PLAIN}){_UNIT.format('first')}\s*(?:[-–—~]|to)\s*(?P<high>{_PLAIN}){_UNIT.format('last')}",
    re.IGNORECASE,
)
_SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "bn": 1e9}
_SUFFIX |= COUNT_WORDS
_SUFFIX |= {"wh": 1.0, "kwh": 1e3, "mwh": 1e6, "gwh": 1e9, "twh": 1e12}


@dataclass(frozen=True, eq=False)
class Run:
    """One published run. Numbers that the row lacks are None; a ``problem`` says what keeps it from a comparison."""

    name: str
    models: tuple[Model, ...]  # more than one where the row sums them up; empty where the catalog knows none
    active_params: float | None
    tokens: float | None
    chip: Record | None
    chips: float | None
    chip_hours: float | None
    energy_wh: float | None
    pue: float | None
    basis: str
    circular: str
    benchmark: bool
    precision: str = "bf16"  # empty where the row's is not understood
    year: int = 0
    teacher: Model | None = None  # whose forward pass over the same tokens is among the hours: of a distilled model
    house: str = ""  # who trained it: the runs of one house are not independent of each other
    model_problem: str = ""
    chip_problem: str = ""
    hours_problem: str = ""
    energy_problem: str = ""
    hours_group: str = ""
    energy_group: str = ""

    @property
    def model(self) -> Model | None:
        """The model, or the largest of those that the row sums up."""
        return max(self.models, key=lambda model: model.total_params, default=None)

    @property
    def software_year(self) -> int:
        """The year whose software it ran on; a benchmark runs on that of its day, whatever the year of its model."""
        return 0 if self.benchmark else self.year

    @property
    def power_key(self) -> str:
        """What a measurement of power is of."""
        named = self.model.key if self.model else catalog.plain_name(self.name)
        return f"{named} on {self.chip.name if self.chip else 'unknown'}"


def read_runs(path: Path | str) -> list[Run]:
    """The runs in a CSV with the columns of ``COLUMNS``; ``precision`` may stand there too, others are ignored. Raises
    WattlineError where it is no CSV or columns are missing."""
    return [_run(row) for _, row in csv_rows(path, COLUMNS, "file of training runs")]


def catalog_runs() -> list[Run]:
    """The catalog's published runs of models that no coefficient was fitted to, each run once."""
    return list(_unseen())


def _unseen() -> Iterator[Run]:
    hours, power = (catalog.default().find("fit", name).meta for name in ("training-rows", "power-rows"))
    known: set[tuple[object, ...]] = set()
    for record in catalog.default().records("training_run").values():
        run = _catalog_run(record)
        if {model.key for model in run.models} & set(hours["fitted_to"]):
            continue
        chip = run.chip.name if run.chip else ""
        # a model told twice, and a model that is another's with new post-training
        seen: set[tuple[object, ...]] = {(model.key, chip) for model in run.models}
        seen |= {(run.house, chip, run.tokens, run.chip_hours)} if run.tokens and run.chip_hours else set()
        if run.benchmark or not seen & known:
            known |= seen
            yield _grouped(run, record, hours["houses"], power)


def _grouped(run: Run, record: Record, houses: list[str], power: dict[str, list[str]]) -> Run:
    """The run with what the fits know of it."""
    hours = record.facts.get("chip_hours")
    unsure = ("estimated", "from memory")
    estimated = hours is not None and (hours.basis in unsure or record.meta.get("basis") in unsure)
    return replace(
        run,
        hours_problem="the chip-hours are an estimate, no record of the run" if estimated else "",
        energy_problem="the power levels were fitted to it" if run.power_key in power["fitted_to"] else "",
        hours_group=SAME_HOUSE if run.house in houses else NEW_HOUSE,
        energy_group=SAME_HOUSE if run.house in power["houses"] else NEW_HOUSE,
    )


def _catalog_run(record: Record) -> Run:
    def value(attribute: str) -> float | None:
        fact = record.facts.get(attribute)
        return None if fact is None else fact.value

    meta = record.meta
    models, problem = _models(str(meta.get("model", record.name)))
    chip, chip_problem = _chip(str(meta.get("hardware", "")))
    benchmark = record.name.startswith("mlperf")
    return Run(
        name=record.name,
        models=models,
        active_params=parse(meta["active_params"], "", "parameters") if "active_params" in meta else None,
        tokens=value("tokens"),
        chip=chip,
        chips=value("chips"),
        chip_hours=value("chip_hours"),
        energy_wh=_times(value("energy_mwh"), 1e6),
        pue=value("pue"),
        basis=str(meta.get("power_basis", meta.get("scope", ""))).lower(),
        circular=str(meta.get("circular", "no")),
        benchmark=benchmark,
        precision=str(meta.get("precision", _trained_in(models, chip, benchmark))),
        year=models[0].year if models else int(meta.get("year", 0)),
        teacher=_teacher(models),
        house=_house(models, str(meta.get("developer", record.name)), benchmark),
        model_problem=problem,
        chip_problem=chip_problem,
    )


def _run(row: dict[str, str | None]) -> Run:
    cell = {name: (row.get(name) or "").strip() for name in (*COLUMNS, *OPTIONAL)}
    models, model_problem = _models(cell["model"])
    chip, chip_problem = _chip(cell["hardware"])
    active = number_in(cell["active_B"], 1e9) or number_in(cell["params_B"], 1e9)
    benchmark = "mlperf" in cell["model"].lower()
    return Run(
        name=cell["model"] or "(no name)",
        models=models,
        active_params=active,
        tokens=number_in(cell["tokens_B"], 1e9),
        chip=chip,
        chips=_chips(cell["chips"]),
        chip_hours=number_in(cell["chip_hours"]),
        energy_wh=number_in(cell["energy_MWh"], 1e6),
        pue=number_in(cell["PUE"]),
        # a row that names no basis may say it beside the energy, as in "104 (GPU raw)"
        basis=(cell["power_basis"] or re.sub(r"[()]", "", cell["energy_MWh"])).lower(),
        circular=cell["circular"].lower(),
        benchmark=benchmark,
        precision=precision_in(cell["precision"]) if cell["precision"] else _trained_in(models, chip, benchmark),
        year=models[0].year if models else 0,
        teacher=_teacher(models),
        house=_house(models, cell["model"], benchmark),
        model_problem=model_problem,
        chip_problem=chip_problem,
    )


def _house(models: tuple[Model, ...], otherwise: str, benchmark: bool) -> str:
    """Who trained it, as far as the catalog knows."""
    if benchmark:
        return BENCHMARKS
    record = catalog.default().records("model").get(models[0].key) if models else None
    return str(record.meta.get("developer", otherwise)) if record else otherwise


def _teacher(models: tuple[Model, ...]) -> Model | None:
    """The model whose outputs the run learned from, where the catalog says so of its model."""
    keys = {model.key for model in models}
    for record in catalog.default().records("training_run").values():
        if "teacher" in record.meta and record.meta.get("model") in keys:
            return load_model(str(record.meta["teacher"]), catalog.default())
    return None


def number_in(text: str, column: float = 1.0) -> float | None:
    """The first number in a cell such as ``7000000(approx)``, ``15000+``, ``7.0M`` or ``0.4152 AC / 0.4087 DC``.

    A bare number is taken times ``column``, a suffix (M, B, T, or an energy's unit) overrides it, k multiplies it. A
    range (``100-200``) gives its middle. None where there is no number, and where it is negative or beyond all bounds.

    Parameters
    ----------
    text : of the cell
    column : what the column counts in, such as 1e9 for billions

    Returns the number, in ones.
    """
    text = text.replace("−", "-")
    both, match = _RANGE.search(text), _NUMBER.search(text)
    if match is None:
        return None
    if both and both.start() == match.start():
        last = both["last"] or both["first"]
        first = both["first"] or last
        value = (_scaled(both["low"], first, column) + _scaled(both["high"], last, column)) / 2
    else:
        value = _scaled(re.match(rf"-?{_PLAIN}", match[0])[0], match["unit"], column)  # type: ignore[index]
    return value if 0 <= value < float("inf") else None


def _scaled(digits: str, suffix: str | None, column: float) -> float:
    scale = _SUFFIX.get((suffix or "").lower(), column)
    return float(digits.replace(",", "")) * (column * scale if scale == 1e3 and suffix in ("k", "K") else scale)


def _times(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


def _chips(text: str) -> float | None:
    """``6144+3072`` are two pods used together."""
    plus = re.fullmatch(r"(\d+)\+(\d+)", text)
    return float(plus[1]) + float(plus[2]) if plus else number_in(text)


def precision_in(text: str) -> str:
    """The training format that a cell such as ``BF16``, ``fp8 (E4M3)`` or ``bfloat16`` names; empty for none known."""
    plain = text.lower().replace("bfloat", "bf").replace("float", "fp")
    formats = re.findall(r"[a-z]+\d+", plain)
    return next((word for word in formats if word in TRAINING_FORMATS), "")


def _trained_in(models: tuple[Model, ...], chip: Record | None, benchmark: bool) -> str:
    """The format that the maker says it trained in; 16 bits where the catalog has no word of it.

    The format of the released weights does not tell: some are made narrow after training. MLPerf's submissions train
    in FP8 where the chip has it.
    """
    if benchmark:
        return "fp8" if chip is not None and "fp8_flops" in chip.facts else "bf16"
    keys = {model.key for model in models}
    for record in catalog.default().records("training_run").values():
        if "precision" in record.meta and record.meta.get("model") in keys:
            return str(record.meta["precision"])
    return "bf16"


def _models(name: str) -> tuple[tuple[Model, ...], str]:
    """The catalog's models that a row names: ``MLPerf4.0 GPT3-175B SMC``, ``OLMo1-7B A100``, ``Apertus 8B+70B``."""
    words = name.split()[:MAX_WORDS]
    known = catalog.default().names("model")
    for end in range(len(words), 0, -1):
        for start in range(end):
            stated = _each(words[start:end])
            if all(catalog.plain_name(each) in known for each in stated):
                return tuple(load_model(each, catalog.default()) for each in stated), ""
    return (), f"model {shorten(name)!r} is not in the catalog"


def _each(words: list[str]) -> list[str]:
    """``Apertus 8B+70B`` names two: the last word's parts one after the other."""
    return [" ".join([*words[:-1], part]) for part in words[-1].split("+")]


def _chip(text: str) -> tuple[Record | None, str]:
    name = text.split("(")[0].strip()
    if not name:
        return None, "no hardware"
    try:
        return catalog.default().find("chip", name), ""
    except NotFound:
        return None, f"hardware {shorten(name)!r} is not in the catalog"
