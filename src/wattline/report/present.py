"""What shows an answer's JSON to people: text for a terminal, HTML for a notebook, a page; chosen by its command."""

from __future__ import annotations

import io

from rich.console import Console, Group, RenderableType

from wattline.core.printable import printable_data
from wattline.report.language.markup import translated_lines, translated_page, with_code
from wattline.report.language.translator import current
from wattline.report.words import Json

RECORDED = ("ci", "fleet ingest", "fleet report", "measure", "meter report", "meter share", "sensors", "traffic")
WIDTH = 100  # of text that goes to no terminal
UNDIVIDED = 2000  # so wide that no line is divided


def rich_text(data: Json, explain: bool = False) -> RenderableType:
    """An answer, to print with Rich.

    Parameters
    ----------
    data : the answer's JSON
    explain : whether every step and fact is shown where the command has them

    Returns
    -------
    What Rich prints.
    """
    command = data["command"]
    if command.startswith("validate "):
        return _validation_text(data, explain)
    if command in RECORDED:
        return _recorded_text(data)
    if _of_flexibility(data):
        return _flex_text(data, explain)
    match command:
        case "serve" if "simulated" in data["results"]:
            from wattline.report.terminal.service import service_text

            return service_text(data, explain)
        case "frontier":
            from wattline.report.terminal.frontier import frontier_text

            return frontier_text(data, explain)
        case "site" | "supply":
            return _planned_text(data, explain)
        case "world" | "check":
            return _public_text(data)
        case "facts":
            from wattline.report.terminal.facts import facts_text

            return facts_text(data)
        case "list":
            from wattline.report.terminal.facts import list_text

            return list_text(data)
        case "compare" | "saving" | "tune" | "budget":
            return _reconciled_text(data)
        case _:
            return _answer_text(data, explain)


def _reconciled_text(data: Json) -> RenderableType:
    if data["command"] == "compare":
        from wattline.report.terminal.compare import comparison_text as show
    elif data["command"] == "budget":
        from wattline.report.terminal.budget import budget_text as show
    elif data["command"] == "tune":
        from wattline.report.terminal.tune import tune_text as show
    else:
        from wattline.report.terminal.saving import saving_text as show
    return show(data)


def _planned_text(data: Json, explain: bool) -> RenderableType:
    if data["command"] == "site":
        from wattline.report.terminal.site import site_text as show
    else:
        from wattline.report.terminal.supply import supply_text as show
    return show(data, explain)


def _answer_text(data: Json, explain: bool) -> RenderableType:
    from wattline.report.terminal.answer import answer_text

    shown = answer_text(data, explain)
    if not data["results"].get("beside"):
        return shown
    from wattline.report.terminal.flex import beside_text

    return Group(shown, *beside_text(data["results"], explain))


def _flex_text(data: Json, explain: bool) -> RenderableType:
    from wattline.report.terminal.flex import flex_text, study_text

    return study_text(data, explain) if data["command"] == "run" else flex_text(data, explain)


def _of_flexibility(data: Json) -> bool:
    """Answers of ``flex``, swings that were recorded, and runs whose jobs have no bill."""
    command = data["command"]
    alone = command == "run" and "jobs" not in data["results"]
    return alone or command.startswith("flex ") or command == "meter swings"


def _recorded_text(data: Json) -> RenderableType:
    match data["command"]:
        case "ci":
            from wattline.report.terminal.ci import ci_text as show
        case "fleet ingest" | "fleet report":
            from wattline.report.terminal.fleet import fleet_text as show
        case "measure":
            from wattline.report.terminal.measure import measure_text as show
        case "meter report":
            from wattline.report.terminal.usage import usage_text as show
        case "meter share":
            from wattline.report.terminal.share import share_text as show
        case "sensors":
            from wattline.report.terminal.sensors import sensors_text as show
        case _:
            from wattline.report.terminal.traffic import traffic_text as show
    return show(data)


def _public_text(data: Json) -> RenderableType:
    match data["command"]:
        case "world":
            from wattline.report.terminal.world import world_text as show
        case _:
            from wattline.report.terminal.check import check_text as show
    return show(data)


def _published_text(data: Json) -> RenderableType:
    match data["command"]:
        case "validate training":
            from wattline.report.terminal.validate_training import training_validation_text as show
        case "validate steps":
            from wattline.report.terminal.validate_steps import steps_validation_text as show
        case _:
            from wattline.report.terminal.validate_published import published_validation_text as show
    return show(data)


def _validation_text(data: Json, explain: bool) -> RenderableType:
    match data["command"]:
        case "validate mlperf" | "validate encoding":
            from wattline.report.terminal.validate_mlperf import mlperf_validation_text

            return mlperf_validation_text(data, explain)
        case "validate training" | "validate steps" | "validate published":
            return _published_text(data)
        case "validate carbon":
            from wattline.report.terminal.validate_carbon import carbon_validation_text as show
        case "validate inference":
            from wattline.report.terminal.validate_inference import inference_validation_text as show
        case "validate images" | "validate video":
            from wattline.report.terminal.validate_media import media_validation_text as show
        case "validate kernels":
            from wattline.report.terminal.validate_kernels import kernels_validation_text as show
        case "validate sensors":
            from wattline.report.terminal.validate_sensors import sensors_validation_text as show
        case "validate serving":
            from wattline.report.terminal.validate_serving import serving_validation_text as show
        case "validate world":
            from wattline.report.terminal.validate_world import world_validation_text as show
        case "validate supply":
            from wattline.report.terminal.validate_supply import supply_validation_text as show
        case _:
            from wattline.report.terminal.validate_site import site_validation_text as show
    return show(data)


def as_text(data: Json, width: int = WIDTH, explain: bool = False) -> str:
    """An answer as plain text, without colour; ``explain`` adds every step and fact where the command has them.

    Parameters
    ----------
    data : the answer, as JSON
    width : characters of a line
    explain : whether every step and fact is added, where the command has them

    Returns text.
    """
    foreign = current().lang != "en"  # no sentence is divided before it is translated
    file = io.StringIO()
    console = Console(width=UNDIVIDED if foreign else width, no_color=True, markup=False, emoji=False, file=file)
    console.print(rich_text(printable_data(data), explain))
    text = "\n".join(line.rstrip() for line in file.getvalue().splitlines())
    return translated_lines(text, current()) if foreign else text


def as_html(data: Json) -> str:
    """An answer as a fragment of HTML, for a notebook."""
    from wattline.report.page.notebook import notebook_html, text_html

    return notebook_html(data) if "stations" in data["results"] else text_html(as_text(data))


# commands whose page is that of a run: a bill, its load, its steps
BILLS = (
    "run",
    "train",
    "prompt",
    "session",
    "image",
    "video",
    "embed",
    "transcribe",
    "serve",
    "serve-average",
    "meter bill",
)


def as_page(data: Json) -> str | None:
    """An answer as one self-contained HTML page, in the language that is spoken; None for a command that has none."""
    page = _page_in_english(data)
    if page is not None and current().lang != "en":
        page = translated_page(page, current())
    return None if page is None else with_code(page)


def as_figure(data: Json) -> str | None:
    """One SVG file of all charts of an answer whose page has a chart for each of its parts; None for all others."""
    if data["command"] != "check":
        return None
    from wattline.report.page.claim_chart import claims_svg

    chart = claims_svg(data["results"])
    return chart if current().lang == "en" else translated_page(chart, current())


def _page_in_english(data: Json) -> str | None:
    match data["command"]:
        case "serve" if "simulated" in data["results"]:
            from wattline.report.page.service import service_page

            return service_page(data)
        case "run" if "jobs" not in data["results"]:
            from wattline.report.page.flex import study_page

            return study_page(data)
        case command if command in BILLS:
            from wattline.report.page.run import run_page

            return run_page(data)
        case "frontier":
            from wattline.report.page.frontier import frontier_page

            return frontier_page(data)
        case "validate inference":
            from wattline.report.page.parity import parity_page

            return parity_page(data)
        case "site":
            from wattline.report.page.site import site_page

            return site_page(data)
        case "supply":
            from wattline.report.page.supply import supply_page

            return supply_page(data)
        case command if command.startswith("flex ") or command == "meter swings":
            from wattline.report.page.flex import flex_page

            return flex_page(data)
        case "world" | "check":
            return _public_page(data)
        case _:
            return None


def _public_page(data: Json) -> str:
    match data["command"]:
        case "world":
            from wattline.report.page.world import world_page as show
        case _:
            from wattline.report.page.check import check_page as show
    return show(data)
