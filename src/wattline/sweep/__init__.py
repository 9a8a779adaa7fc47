"""A sweep: one function over many items, on all cores or on a Ray cluster, each result kept on disk at once.

    with open_pool("ray://head:10001", evaluate, shared) as pool, Store.open("sweep.jsonl", context) as store:
        answers = drive([search(candidate) for candidate in candidates], pool, store)

``pool.py`` runs the function (in this process, in worker processes, on Ray), ``store.py`` keeps results,
``drive.py`` leads searches that ask for one item after another.
"""

from wattline.sweep.drive import drive, run_all
from wattline.sweep.pool import Pool, open_pool
from wattline.sweep.store import Store

__all__ = ["Pool", "Store", "drive", "open_pool", "run_all"]
