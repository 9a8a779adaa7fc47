"""What reading and writing take on a replica by the length of the prompt, worked out at some lengths and in between
drawn straight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.engine import average_serving as serving
from wattline.predict.request import ReplicaRequest

POINTS, MIN_TOKENS = 6, 16.0


@dataclass(frozen=True, eq=False)
class LengthTable:
    """By the lengths ``tokens`` (n_points,): seconds of the replica to read a prompt and to write a token, watts of its
    chips in either, and the time between tokens; each ``(n_points, n_draws)`` or ``(n_points, 1)``. What is written is
    ``written`` tokens, whose mean has the prompt and half of them behind it."""

    tokens: Array
    read_s: Array
    read_w: Array
    write_s: Array
    write_w: Array
    between_s: Array
    common_w: Mapping[str, Array]
    written: float

    def prompt_of(self, behind: Array) -> Array:
        """The length of the prompt whose tokens are written with so many behind them on average."""
        return np.asarray(np.maximum(behind - self.written / 2, 0.0))

    def at(self, values: Array, tokens: Array) -> Array:
        """Values between the lengths, straight in the length; below the first in proportion for reading.

        Parameters
        ----------
        values : one of each length of the table, ``(n_lengths, ...)``
        tokens : lengths that are asked for

        Returns
        -------
        Values, of the shape of ``tokens``.
        """
        wanted = np.clip(np.asarray(tokens, float), self.tokens[0], self.tokens[-1])
        place = np.clip(np.searchsorted(self.tokens, wanted, side="right") - 1, 0, len(self.tokens) - 2)
        low, high = self.tokens[place], self.tokens[place + 1]
        share = (wanted - low) / (high - low)
        size = max(values.shape[1], np.size(tokens))
        wide = np.broadcast_to(values, (len(self.tokens), size))
        column = np.arange(size)
        first = wide[np.broadcast_to(place, size), column]
        made = np.asarray(first + share * (wide[np.broadcast_to(place + 1, size), column] - first))
        return made.reshape(()) if size == 1 and np.ndim(tokens) == 0 else made

    def reading(self, tokens: Array) -> tuple[Array, Array]:
        """Seconds and joules of the chips to read a whole prompt of so many tokens; nothing of none."""
        less = np.minimum(np.asarray(tokens, float) / self.tokens[0], 1.0)
        seconds = self.at(self.read_s, tokens) * less
        return np.asarray(seconds), np.asarray(seconds * self.at(self.read_w, tokens))


def length_table(request: ReplicaRequest, lengths: tuple[float, float], written: float, draws: Draws) -> LengthTable:
    """The table of a replica.

    Parameters
    ----------
    request : the replica, with requests answered together
    lengths : the shortest and the longest prompt
    written : tokens that a call writes, on average
    draws : from which facts are drawn

    Returns the table.
    """
    first, last = max(lengths[0], MIN_TOKENS), max(lengths[1], 2 * MIN_TOKENS, 1.01 * lengths[0])
    tokens = np.geomspace(first, last, POINTS)
    columns: dict[str, list[Array]] = {name: [] for name in ("read_s", "read_w", "write_s", "write_w", "between_s")}
    for length in tokens:
        times = serving.serve_request(
            request.model, request.chip, request.chips, request.batch, (float(length), max(written, 2.0)),
            request.precision, draws, request.how,
        )  # fmt: skip
        each = {
            "read_s": np.maximum(times.prefill_s, 0.0),
            "read_w": times.prefill.power_w * request.chips,
            "write_s": times.decode.time_s / times.batch,
            "write_w": times.decode.power_w * request.chips,
            "between_s": times.decode.time_s if times.tpot_s is None else times.tpot_s,
        }
        for name, value in each.items():
            columns[name].append(np.atleast_1d(np.asarray(value, float)))
    power = serving.power_by_part(times, request.chip, request.active)["decode"]
    common = {part: watts for part, watts in power.items() if part != "decode"}
    stacked = {name: np.stack(np.broadcast_arrays(*rows)) for name, rows in columns.items()}
    # more tokens never take less to read, whatever the layouts of their steps
    return LengthTable(
        tokens, **stacked | {"read_s": np.maximum.accumulate(stacked["read_s"])}, common_w=common, written=written
    )
