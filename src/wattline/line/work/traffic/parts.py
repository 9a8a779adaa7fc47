"""A traffic in parts, one in memory at a time, and parts made whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.work.traffic.seen import SeenRequests, usual_size
from wattline.line.work.traffic.trace import Hashes, Traffic

SIDES = ("width", "height")


def chunks(traffic: Traffic, size: int = 1_000_000) -> Iterator[Traffic]:
    """The traffic in parts of up to ``size`` requests, in order: views, not copies. Rejections are in the first. Raises
    WattlineError for a size below 1.

    Parameters
    ----------
    traffic : whole
    size : requests of a part

    Returns an iterator of the parts.
    """
    if size < 1:
        raise WattlineError(f"traffic: a chunk of {size} requests; give 1 or more")
    for start in range(0, max(1, len(traffic)), size):
        part = traffic.part(start, start + size)
        yield part if start == 0 else replace(part, rejected={}, notes=())


def join(parts: Sequence[Traffic]) -> Traffic:
    """Parts of one traffic in order, as ``chunks`` and ``stream`` give them, made whole. Raises WattlineError where
    there are no parts."""
    if not parts:
        raise WattlineError("traffic: no parts to join")
    hashes = None
    if all(part.hashes is not None for part in parts):
        hashed = [part.hashes for part in parts if part.hashes is not None]
        starts = np.concatenate([[0], np.cumsum([each.block.size for each in hashed])])
        ends = [each.offset[1:] + start for each, start in zip(hashed, starts, strict=False)]
        block = np.concatenate([each.block for each in hashed])
        hashes = Hashes(block, np.concatenate([[0], *ends]), hashed[0].block_tokens)
    rejected: dict[str, int] = {}
    for part in parts:
        for reason, count in part.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + count
    return Traffic(
        np.concatenate([part.arrival_s for part in parts]),
        np.concatenate([part.input_tokens for part in parts]),
        np.concatenate([part.output_tokens for part in parts]),
        hashes,
        rejected,
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        max(part.duration_s for part in parts),
        _seen(parts),
    )


def _seen(parts: Sequence[Traffic]) -> SeenRequests | None:
    if all(part.seen is None for part in parts):
        return None
    own = [part.seen or SeenRequests(np.zeros(len(part), np.int64), np.zeros(len(part))) for part in parts]
    pictures, audio = (np.concatenate([getattr(each, name) for each in own]) for name in ("pictures", "audio_s"))
    counts = [len(each) for each in own]
    width, height = (np.repeat([float(getattr(each, name)) for each in own], counts) for name in SIDES)
    size = usual_size(width, height, pictures) if pictures.any() else (own[0].width, own[0].height)
    return SeenRequests(pictures, audio, *size)
