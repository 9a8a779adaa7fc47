"""Names of models that people ask for and the catalog cannot have: what each is, and what to take instead."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from wattline.catalog import Catalog
from wattline.core.errors import NotFound, shorten


class OutsideCatalog(NotFound):
    """A model that is known by name and cannot be worked out; says what it is and what is nearest."""

    def __init__(self, name: str, what: str, near: list[str], facts: str) -> None:
        super().__init__("model", name, near=near)
        shown = f"; nearest that can be: {', '.join(near)}" if near else ""
        read = f"; `wattline facts {facts}` lists prompts that were measured or reported" if facts else ""
        self.args = (f"model {shorten(name)!r} is {what}{shown}{read}",)


@cache
def _rows() -> list[dict[str, Any]]:
    return list(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["name"])


def unknown_model(name: str, catalog: Catalog) -> NotFound:
    """The error for a name that is no model of the catalog."""
    own = re.sub(r"[\s_]+", "-", str(name).strip().lower().rsplit("/", 1)[-1])[:200]
    for row in _rows():
        if re.match(row["pattern"], own):
            return OutsideCatalog(name, row["what"], list(row["near"]), row.get("facts", ""))
    return NotFound("model", name, near=catalog.near_names("model", name), mend=_MEND)


_MEND = "`wattline list models` lists what is known; --config takes a config.json of any other"
