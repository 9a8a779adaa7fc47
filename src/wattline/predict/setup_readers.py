"""How plain values of a set-up are read and checked."""

from __future__ import annotations

from typing import Any, Literal

from wattline.core.errors import WattlineError, shorten
from wattline.predict.fields import quantity, whole

FEWEST: Literal["fewest"] = "fewest"
MAX_REPLICAS = 100_000
CACHES = ("bf16", "fp8", "int8", "nvfp4", "int4")
COUNT = whole(1, MAX_REPLICAS)


def read_replicas(value: Any, name: str) -> int | str:
    """A number of replicas, or ``fewest``.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    A number from 1 on, or "fewest".
    """
    return FEWEST if value == FEWEST else int(COUNT(value, name))


def read_precision(value: Any, name: str) -> str:
    """A number format by name.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    Such as "fp8".
    """
    from wattline.line.work.inputs import check_precision

    return check_precision(str(value))


def read_cache(value: Any, name: str) -> str:
    """A number format of the cache by name.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    Such as "fp8".

    Raises WattlineError for one that is not known.
    """
    if value not in CACHES:
        raise WattlineError(f"{name}: {shorten(str(value))!r} is none of {', '.join(CACHES)}")
    return str(value)


def read_accepted(value: Any, name: str) -> float:
    """A share of tokens guessed ahead, below 1.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    A share, 0 to 1.

    Raises WattlineError for anything else.
    """
    share = float(quantity("")(value, name))
    if share >= 1:
        raise WattlineError(f"{name}: {share:g} is not a share of drafted tokens, more than 0 to less than 1")
    return share


def read_share(value: Any, name: str) -> float:
    """A share of the cache, below 1.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    A share, 0 to 1.

    Raises WattlineError for anything else.
    """
    share = float(quantity("", zero=True)(value, name))
    if share >= 1:
        raise WattlineError(f"{name}: {share:g} is not a share of the cache, 0 to less than 1")
    return share
