"""Every field of a config that could change size or work is used, known to be harmless, or refused by name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.experts import EXPERTS
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.table import Row, harmless, unknown_to

PARTS = ("text_config", "llm_config", "language_config", "thinker_config", "vision_config", "audio_config")


def check_fields(cfg: Config, row: Row) -> None:
    """Refuses a field that nothing read and that is not known to be harmless; one line, with the way out. Raises
    WattlineError, which names the field.

    Parameters
    ----------
    cfg : fields of the language model, and which of them were read
    row : what is known of its family
    """
    strange = [name for name, value in _leaves(cfg.data) if not _known(name, value, cfg, row)]
    if strange:
        first, more = strange[0], f" (and {', '.join(strange[1:4])})" if strange[1:] else ""
        raise WattlineError(
            f"{cfg.where}: {shorten(first, 60)}{shorten(more, 120)}: {shorten(cfg.kind, 60)} is not known to have it, "
            "and it may change size or work; "
            "remove it if it does not, or install wattline[models]"
        )


def _leaves(data: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    for name, value in data.items():
        if isinstance(value, dict) and not _harmless(name) and not (name in PARTS and not prefix):
            out += _leaves(value, f"{prefix}{name}.")
        else:
            out.append((f"{prefix}{name}", value))
    return out


def _known(name: str, value: Any, cfg: Config, row: Row) -> bool:
    """Read, harmless, or off: nothing, false, zero, empty, or words (what they choose has numbers of its own)."""
    if value is None or value is False or value == 0 or isinstance(value, str | dict) or value == []:
        return True
    last = name.rsplit(".", 1)[-1]
    if name in unknown_to(cfg.kind) and not (value == 1 and name in EXPERTS):
        return False
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return name in cfg.used or _harmless(last) or name not in ("layer_types", "mlp_layer_types")
    return name in cfg.used or last in row.ignore or _harmless(last)


@lru_cache(maxsize=4096)
def _harmless(name: str) -> bool:
    names, patterns = harmless()
    return name in names or any(re.fullmatch(pattern, name) for pattern in patterns)
