"""Of which joules a published figure of training is: of chips, of nodes or of the site."""

from __future__ import annotations

import re

from wattline.core.errors import shorten
from wattline.validate.evidence.training_runs import Run

# what a row's power was measured of, by the words that say so; the first kind that matches holds
SCOPES = {
    "chip": r"gpus?|tpus?|chips?|accelerators?|nvml",
    "node": r"nodes?|servers?|hosts?|ipmi|bmc",
    "site": r"systems?|site|facility|data[ -]?cent(?:re|er)s?|building|campus",
}


def energy_problem(run: Run) -> str:
    """Why the row's energy proves nothing of power; empty where it does."""
    if run.energy_problem:
        return run.energy_problem
    if run.circular.startswith("y"):
        return "circular: the published energy is chip-hours times a nameplate"
    if run.circular.startswith("part"):
        return "partly circular: the published power is assumed in part"
    if not run.chip_hours:
        return "no chip-hours"
    if run.pue is not None and run.pue < 1.0:
        return f"PUE {run.pue:g} is below 1, which no site can be"
    if not energy_scope(run.basis):
        return f"power basis {shorten(run.basis)!r} does not say whether chips, nodes or the site were measured"
    return ""


def energy_scope(basis: str) -> str:
    """``chip``, ``node`` or ``site``, as the words of a basis have it; empty where they do not tell.

    What stands behind a colon, a comma or in brackets is a remark; "measured GPU, 1 node" is of chips, "GPU node" of
    the node.
    """
    plain = re.split(r"[:;,(]", basis.lower(), maxsplit=1)[0]
    plain = re.sub(rf"\b(?:{SCOPES['chip']})[ -](?=(?:{SCOPES['node']}|{SCOPES['site']})\b)", "", plain)
    return next((scope for scope, words in SCOPES.items() if re.search(rf"\b(?:{words})\b", plain)), "")
