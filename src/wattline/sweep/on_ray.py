"""A sweep on a Ray cluster (https://docs.ray.io): the same function and items, one remote task an item."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.sweep.store import Function, Item, Result

LOCAL = ("ray", "local", "ray://local")
ADDRESS = re.compile(r"ray://[A-Za-z0-9.\-\[\]:]+:\d{1,5}")


def bad_address(on: str) -> WattlineError:
    return WattlineError(
        f"on: {shorten(on)!r} is no place to run; give ray://HOST:PORT, or ray for a Ray of its own on this machine"
    )


@contextmanager
def ray_pool(on: str, function: Function, shared: Any, workers: int | None = None) -> Iterator[OnRay]:
    """The pool on the cluster at ``on``, or on a Ray that is started here and ended with it.

    Parameters
    ----------
    on : ``ray`` for a Ray of its own here, or a cluster's address, ``ray://HOST:PORT``
    function : of a shared object and an item
    shared : given to every call of the function
    workers : the most tasks at once; as many as Ray has cores where None

    Returns the pool, within a ``with`` block. Raises WattlineError for an address that is none, where Ray is not
    installed or cannot be reached, and where ``shared`` is too large.
    """
    if on not in LOCAL and not ADDRESS.fullmatch(on):
        raise bad_address(on)
    try:
        import ray
    except ImportError:
        raise WattlineError("on: Ray is not installed: pip install 'wattline[ray]'") from None
    except Exception as error:  # Ray 2.54 and later where amdsmi is installed without AMD's library
        raise WattlineError(f"on: Ray cannot be imported: {shorten(str(error), 120)}") from None
    begun = not ray.is_initialized()
    if begun:
        _begin(ray, on, workers)
    try:
        yield OnRay(ray, function, shared, workers)
    finally:
        if begun:
            ray.shutdown()


def _begin(ray: Any, on: str, workers: int | None) -> None:
    same: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        with warnings.catch_warnings():  # a warning of several lines beside the one that says what is wrong
            warnings.simplefilter("ignore")
            if on in LOCAL:
                ray.init(address="local", num_cpus=workers, include_dashboard=False, **same)
            else:
                # the cluster's nodes need what Wattline needs; Wattline itself travels with the sweep
                ray.init(address=on, runtime_env={"py_modules": [str(Path(__file__).parents[1])]}, **same)
    except Exception as error:  # Ray raises many kinds
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise WattlineError(f"on: no Ray at {shorten(on)}: {shorten(first, 160)}") from None


class OnRay:
    """Tasks on Ray; what is shared is put into its object store once."""

    def __init__(self, ray: Any, function: Function, shared: Any, workers: int | None) -> None:
        self._ray = ray
        count = workers or int(ray.cluster_resources().get("CPU", 1))
        self.ahead = 2 * max(count, 1)
        self._task = ray.remote(_work).options(num_cpus=1, max_retries=2)
        self._same = (function, ray.put(shared))
        self._items: dict[Any, Item] = {}

    def submit(self, item: Item) -> None:
        function, shared = self._same
        self._items[self._task.remote(function, shared, dict(item))] = item

    def next(self) -> tuple[Item, Result]:
        """The next result, as it comes, with its item. Raises WattlineError where Ray loses a task, and what the item's
        own function raised."""
        (done, *_), _ = self._ray.wait(list(self._items), num_returns=1)
        item = self._items.pop(done)
        try:
            return item, self._ray.get(done)
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            raise cause from None
        except self._ray.exceptions.RayError as error:
            raise WattlineError(f"on: Ray lost a task: {shorten(str(error), 160)}") from None


def _work(function: Function, shared: Any, item: Mapping[str, Any]) -> Result:
    return function(shared, item)
