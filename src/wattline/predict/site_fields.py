"""The fields of ``Where`` that a question about a site takes: those that change nothing in it are refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wattline.core.errors import WattlineError
from wattline.predict.fields import names_of
from wattline.predict.where import Where

SITE = ("region", "site", "pue", "place", "weather", "cooling")
PRICED = (*SITE, "carbon", "electricity_price")


def check_fields(fields: Mapping[str, Any], names: Sequence[str], question: str, instead: str) -> None:
    """Refuse fields of ``Where`` that were given and would change nothing.

    Parameters
    ----------
    fields : as the face was given them; None for one that was not
    names : those that the question takes
    question : what is asked, for the error
    instead : what to do instead

    Raises
    ------
    WattlineError for the first field of ``Where`` beyond these names.
    """
    for name in names_of(Where):
        if name not in names and fields.get(name) is not None:
            raise WattlineError(f"{question}: {name.replace('_', '-')} changes nothing here; {instead}")
