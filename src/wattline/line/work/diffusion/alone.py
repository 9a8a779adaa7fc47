"""Settings of components that no pass reads: those that would change its weights are refused by name."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.diffusion.sizes import Config


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[Any]]]:
    folder = resources.files("wattline.line.work.diffusion")
    return tomllib.loads((folder / "alone.toml").read_text(encoding="utf-8"))


def check_settings(config: Config) -> None:
    """Refuses a setting that changes a component's weights in a way that is not read.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them

    Raises WattlineError, which names the setting.
    """
    kind = str(config.get("_class_name"))
    heads = config.get("num_attention_heads"), config.get("attention_head_dim")
    known = {"null": None, "in_channels": config.get("in_channels")}
    known["width"] = heads[0] * heads[1] if all(type(each) is int for each in heads) else None  # type: ignore[operator]
    for name, values in _table().get(kind, {}).items():
        given = config.get(name)
        taken = [known[each] if isinstance(each, str) else each for each in values]
        if given is None or (isinstance(given, tuple) and list(given) in taken) or given in taken:
            continue
        if "width" in values and known["width"] is None:  # heads that its class fills in
            continue
        raise WattlineError(
            f"{shorten(kind, 60)}: {name} is {shorten(repr(given), 40)}, which its class takes and is not read; "
            "take a catalog model of like size"
        )
