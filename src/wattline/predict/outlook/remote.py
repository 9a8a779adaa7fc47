"""Draws of an outlook on a Ray cluster: chunk by chunk, the same draws to the bit as in one process."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import islice

import numpy as np

from wattline.line.world.outlook_draws import CHUNK, DrawnArrays, OutlookPaths, chunk_deviates
from wattline.sweep.drive import run_all
from wattline.sweep.pool import open_pool
from wattline.sweep.store import Item, Result, Store


@dataclass(frozen=True)
class DrawsOn:
    """How many draws, and where they run.

    Attributes
    ----------
    n : how many
    on : ``ray`` for a Ray of its own here, or the address of a cluster, ``ray://HOST:PORT``
    """

    n: int
    on: str

    def fill(self, paths: OutlookPaths, draws: int, seed: int, out: DrawnArrays) -> None:
        """Draw the chunks after the first there.

        Parameters
        ----------
        paths : of the outlook
        draws, seed : how many draws, and their seed
        out : gets what is drawn
        """
        items = [{"chunk": at} for at in range(1, -(-draws // CHUNK))]
        with Store.open(None, "outlook") as store, open_pool(self.on, drawn_chunk, (paths, draws, seed)) as pool:
            for item, result in zip(items, run_all(items, pool, store), strict=True):
                part = out.part(slice(item["chunk"] * CHUNK, min((item["chunk"] + 1) * CHUNK, draws)))
                for name, text in result.items():
                    into = getattr(part, name)
                    into[:] = np.frombuffer(base64.b64decode(text), np.float32).reshape(into.shape)


def drawn_chunk(shared: tuple[OutlookPaths, int, int], item: Item) -> Result:
    """A chunk of draws, as a worker works it out.

    Parameters
    ----------
    shared : the outlook, how many draws, and their seed
    item : number of the ``chunk``, from 0

    Returns
    -------
    Its arrays as text of their bytes (single precision), by name.
    """
    paths, draws, seed = shared
    deviates = next(islice(chunk_deviates(paths.root.shape[1], draws, seed), int(item["chunk"]), None))
    out = DrawnArrays.empty((len(paths.places), len(paths.years), len(deviates.load)))
    paths.draw(deviates, out)
    return {name: base64.b64encode(array.tobytes()).decode() for name, array in vars(out).items()}
