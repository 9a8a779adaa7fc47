"""The lists of commands in help texts: by what they are for, each in a whole line."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

# what each command is for, in one line of a narrow terminal
SECTIONS: dict[str, dict[str, str]] = {
    "Predict": {
        "prompt": "One prompt: joules, watt-hours, latencies, cost, CO2e, water.",
        "image": "One image, by model, chip, size and steps.",
        "video": "One video, by model, chip, size and frames.",
        "session": "A chat, an agent's task or a reasoned answer, with caches.",
        "embed": "Embeddings and ranks of text and images.",
        "transcribe": "Speech to text.",
        "train": "A training run: hours, energy, cost and CO2e.",
        "serve": "A service under traffic, simulated request by request.",
        "serve-average": "A service, from its mean rate alone.",
        "frontier": "The set-up that meets the latencies with the least energy.",
        "run": "All jobs of a scenario file, and a report.",
    },
    "Data centres, grids and claims": {
        "site": "PUE, peak, water and cost of a data centre, hour by hour.",
        "supply": "What should power a site: capacities, hours and cost.",
        "flex": "Flexible load: room on a grid, jobs that wait, swings.",
        "world": "Electricity of data centres by place and year.",
        "check": "A published claim: its arithmetic, sources and verdict.",
    },
    "Measure": {
        "measure": "Energy of a command, by the machine's own sensors.",
        "meter": "Recordings of any tool: energy, shares, bills, exports.",
        "sensors": "What measures power here, and what is missing.",
        "compare": "A prediction beside its measurement, by part and cause.",
        "fleet": "Energy of many devices, by job, user, model and hour.",
        "cluster": "Joules by pod and namespace, served to Prometheus.",
        "proxy": "Joules of each request to a model server.",
        "traffic": "A trace of requests: described, or made.",
    },
    "Save energy": {
        "tune": "The power limit or clock of least energy while a job runs.",
        "tune-serve": "The same for a model server, within its latencies.",
        "budget": "A group of devices kept below a number of watts.",
        "saving": "What a change saved, and whether it is significant.",
        "ci": "A budget of energy for a command, in continuous integration.",
    },
    "Look up": {
        "facts": "Each figure of the catalog: value, range, unit and source.",
        "list": "Names: chips, models, instances, regions, places, sites.",
        "explain": "Every step and fact behind a command's answer.",
        "catalog": "Add a model, update the facts, compare two states.",
        "validate": "Predictions beside what was measured and published.",
        "calibrate": "Fits of the coefficients to measurements.",
    },
    "In other places": {
        "web": "The commands as pages in a browser, on this machine.",
        "mcp": "The commands as tools of an agent.",
        "schema": "The JSON schema of what a command prints.",
        "completion": "Completion of commands and options in a shell.",
    },
}


class Contents(TyperGroup):
    """A group of commands whose help lists each with a whole sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list: by section where the commands stand in ``SECTIONS``, else in one.

        Parameters
        ----------
        ctx : context of the group whose help is written
        formatter : writer of the help text
        """
        rest = dict.fromkeys(self.list_commands(ctx))
        if ctx.parent is None:
            for title, lines in SECTIONS.items():
                with formatter.section(title):
                    formatter.write_dl([(name, line) for name, line in lines.items() if name in rest])
                rest = {name: None for name in rest if name not in lines}
        if rows := [(name, _sentence(self.commands[name].help)) for name in rest]:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _sentence(text: str | None) -> str:
    paragraph = " ".join((text or "").strip().partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".") + "."
