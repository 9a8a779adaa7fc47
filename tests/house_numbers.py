"""The house: where readings become energy, and where numbers of the world stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from house_files import trees

# the one place where readings of watts become joules
READINGS_TO_JOULES = "meter/readings/power.py"
# products of watts and seconds that are no energy of readings, and what they are
NO_READINGS = {
    "control/objective.py": "energy of work at a setting, as a posterior has its time and power",
    "meter/energy/beginning.py": "what a step may be at most; watts that a sensor adds, taken off",
    "meter/energy/stream.py": "what a step may be at most",
    "meter/energy/track.py": "doubt of an edge",
    "meter/energy/usage.py": "a stated constant",
    "meter/energy/window.py": "doubt outside of the readings",
    "meter/fleet/savings.py": "a chip's curve under a power limit",
    "meter/gpu_sensor/error.py": "error of sampling",
    "meter/readers/periods.py": "means of whole periods that a service keeps, back to the joules of each",
    "meter/readers/powermetrics.py": "millijoules told as milliwatts, back to watts",
    "meter/readings/counter.py": "what a step may be at most",
    "meter/sensors/counter.py": "what a step may be at most",
    "meter/sharing/split.py": "idle power, which parts joules among claims",
    "web/proxy/interval_split.py": "idle power, which parts an interval's joules among requests",
    "web/proxy/tracked_request.py": "idle power of a predicted step, taken off the model's joules",
    "web/proxy/ledger.py": "an estimate until the next interval, replaced by its joules",
}
SUMS = {"trapezoid", "trapz", "cumulative_trapezoid", "simpson"}
WATTS, SECONDS = (
    re.compile(r"(^|_)(w|watts?|power|level)$"),
    re.compile(r"(^|_)(s|seconds?|lengths?|duration|interval|dt)$"),
)


def factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult):
        return [*factors(node.left), *factors(node.right)]
    return [node]


def words_in(node: ast.AST) -> set[str]:
    """Names of variables, fields and functions in an expression."""
    return {getattr(part, "attr", getattr(part, "id", "")) for part in ast.walk(node)}


def is_energy(node: ast.AST) -> bool:
    """Whether an expression sums watts over time: one of NumPy's sums, or watts times seconds."""
    if isinstance(node, ast.Call):
        return bool({getattr(node.func, "attr", ""), getattr(node.func, "id", "")} & SUMS)
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult)):
        return False
    words = [words_in(factor) for factor in factors(node)]
    is_time = [any(map(SECONDS.search, each)) or "diff" in each for each in words]
    is_power = [any(map(WATTS.search, each)) and not time for each, time in zip(words, is_time, strict=True)]
    return any(is_time) and any(is_power)


def test_readings_of_watts_become_joules_in_one_place() -> None:
    places = {
        name
        for name, tree in trees()
        if name.startswith(("meter/", "web/", "reconcile/", "report/", "cli/", "hooks/", "control/"))
        for node in ast.walk(tree)
        if is_energy(node)
    }
    assert places == {READINGS_TO_JOULES, *NO_READINGS}


def test_the_search_for_energies_of_readings_sees_them() -> None:
    for text in ("0.5 * (power_w[1:] + power_w[:-1]) * np.diff(time_s)", "np.trapezoid(watts, at)", "watts * step_s"):
        assert is_energy(ast.parse(text, mode="eval").body), text
    for text in ("energy_j * share", "np.diff(energy_j) / np.diff(time_s)", "half_s * ratio"):
        assert not is_energy(ast.parse(text, mode="eval").body), text


# numbers with a name in chip/, site/ and the catalog's code, by what they are; a number of the world is a fact of the
# catalog with range and source
CODE_NUMBERS = {
    "properties of air and water": {
        "line/site/air.py": "CP_AIR CP_VAPOUR CP_WATER CP_MOIST WATER_KG_M3 LITRES_PER_KG H_FG H_EVAP R_AIR KELVIN "
        "MASS_RATIO _ICE _WATER",
        "line/site/outside_air.py": "PER_K",
        "line/site/cooling/air_economiser.py": "NO_LIMIT",
    },
    "the Earth, and which places are near": {
        "line/site/places.py": "FAR_KM FAR_M SAME_KM BESIDE_KM KM_A_METRE",
        "line/site/gazetteer.py": "FAR_LARGER HEIGHT_KM EARTH_KM MAX_SHOWN BESIDE_KM",
        "line/site/weather_repair.py": "MAX_MISSING SHORT_GAP_H HOTTEST_C COLDEST_C HOTTEST_MEAN_C",
    },
    "bytes of a number format, and products of a pass": {
        "line/chip/products.py": "ACTIVATION_BYTES",
        "line/chip/training/memory.py": "WEIGHT_BYTES",
        "line/chip/training/forward.py": "BACKWARD",
    },
    "what a search tries": {"line/chip/training/layout.py": "TENSOR CONTEXT EXPERT MICRO INTERLEAVE PIPELINE"},
    "bounds of input and of work": {
        "catalog/draws.py": "MAX_DRAWS MAX_KEPT_DRAWS NOISE",
        "catalog/own.py": "LIMIT_BYTES",
        "line/site/derive.py": "DRAWS EVERY",
        "line/site/region_overhead.py": "EVERY",
        "line/site/profile.py": "MIN_PEAK",
        "line/site/weather_files.py": "LIMIT_BYTES",
        "line/site/pvgis.py": "YEAR LOWEST",
        "line/site/year.py": "CHUNK THREADS UNMET_K",
        "line/site/outdoors.py": "MAX_UNMET_H",
    },
    "how sharply the longer of two times, and a limit, prevail": {
        "line/chip/diffusion/run.py": "BEND JOIN LIMIT USUAL_FLOPS USUAL_MEMORY USUAL_PORTABLE"
    },
    "classes of size, and shares of a load": {
        "line/site/hall.py": "SIZES",
        "line/site/power_chain.py": "HALF",
        "line/site/sizing.py": "TENTH",
    },
    "the fit of a band, held by its own test": {
        "catalog/carbon.py": "AS_OF OLD YEARS BASE FREE STEADY MULTIPLE TREND MAX_TREND MAX_CHANGE MAX_WIDTH",
    },
}


def named_numbers(tree: ast.Module) -> Iterator[str]:
    """Names that a file gives to plain numbers, or to tuples of them, at its top."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            node.value, ast.Constant | ast.Tuple | ast.BinOp | ast.UnaryOp
        ):
            numbers = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
            if any(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def test_no_number_of_the_world_stands_bare_in_chip_site_and_catalog() -> None:
    known = {(path, name) for files in CODE_NUMBERS.values() for path, names in files.items() for name in names.split()}
    rooms = ("line/chip/", "line/site/", "catalog/")
    there = {(path, name) for path, tree in trees() if path.startswith(rooms) for name in named_numbers(tree)}
    assert there == known


# constants of units, each of which stands once, in core/units.py
UNITS = {
    3600.0,
    86_400.0,
    604_800.0,
    31_557_600.0,
    8760.0,
    8766.0,
    3.6e6,
    3.6e15,
    1.96,
    1.645,
    453.59237,
    0.44704,
    1.609344,
    1.852,
}
UNIT_TABLES = {
    "core/multiples.py": "whole multiples, which must be whole numbers",
    "line/grid/carbon/formats/entsoe_xml.py": "seconds of a document's names of steps",
    "meter/fleet/layout.py": "whole seconds, by which times are divided without a rest",
    "meter/readers/column_names.py": "seconds of a unit in a column's name",
    "meter/readers/units.py": "joules of a unit in a column's name",
}


def test_a_constant_of_units_stands_once() -> None:
    places = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and float(node.value) in UNITS
        if node not in counted_in_seconds(tree)
    }
    assert places == {"core/units.py", *UNIT_TABLES}


def counted_in_seconds(tree: ast.Module) -> set[ast.AST]:
    """Numbers in ``np.timedelta64(3600, "s")``, which takes whole seconds."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {node.args[0] for node in calls if getattr(node.func, "attr", "") == "timedelta64" and node.args}


# units of one quantity, whose ratio is a constant of code
FAMILIES = [set(units.split()) for units in ("G KG T LB", "PA HPA", "W KW MW GW", "J WH KWH MWH GWH TWH", "KM MILE")]


def test_a_ratio_of_two_units_stands_in_the_file_of_units() -> None:
    ratio = re.compile(r"([A-Z]+)_PER_([A-Z]+)")
    assert not [
        f"{path}:{node.lineno} {node.id}"
        for path, tree in trees()
        if path != "core/units.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and (match := ratio.fullmatch(node.id))
        if any({match[1], match[2]} <= family for family in FAMILIES)
    ]
