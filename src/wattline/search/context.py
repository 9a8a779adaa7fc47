"""What a resumable search rests on, so that results of another question or version are not taken for its own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from wattline.core.reading import read_bytes
from wattline.core.version import __version__
from wattline.line.site.weather_files import LIMIT_BYTES
from wattline.predict.setup import ENGINE
from wattline.search.evaluate import Question
from wattline.sweep.store import digest

RESTS_ON = ("core", "catalog", "line", "predict", "search")  # packages whose change changes results


def context(question: Question) -> str:
    """A digest of all that a simulation's result rests on beside the set-up."""
    traffic, target = question.traffic, question.target
    arrays = [traffic.arrival_s, traffic.input_tokens, traffic.output_tokens]
    if traffic.hashes is not None:
        arrays += [traffic.hashes.block, traffic.hashes.offset, np.asarray(traffic.hashes.block_tokens)]
    own = question.setup
    how = tuple(getattr(own, name) for name in ENGINE)
    target_words = (traffic.duration_s, target.ttft_s, target.tpot_s, question.share, how)
    where = (question.where, question.model, __version__)
    weather = question.where.weather
    return digest(
        [
            *(np.ascontiguousarray(values).tobytes() for values in arrays),
            repr((target_words, where)).encode(),
            *(file.text.encode() for file in question.catalog.own),
            *([read_bytes(weather, LIMIT_BYTES, "weather")] if weather is not None and weather.is_file() else []),
            _made_of().encode(),
        ]
    )


@lru_cache(maxsize=1)
def _made_of() -> str:
    """A digest of the code and the catalog that results rest on."""
    root = Path(__file__).parents[1]
    files = sorted(
        path for name in RESTS_ON for kind in ("py", "toml", "csv") for path in (root / name).rglob(f"*.{kind}")
    )
    return digest(part for path in files for part in (path.name.encode(), path.read_bytes()))
