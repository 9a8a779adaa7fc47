"""A cloud's region by the name that people type: ``us-east-1`` of AWS and ``us-east1`` of Google are two."""

from __future__ import annotations

from wattline.catalog.catalog import Catalog
from wattline.catalog.record import Record, plain_name


def find_cloud(name: str, catalog: Catalog) -> Record | None:
    """The cloud region with this name, or None.

    Parameters
    ----------
    name : the provider's code as it is written, in any case; failing that, the name or an alias of a record.
    catalog : where the regions stand. A record's ``region`` is its grid, ``place`` its climate.
    """
    records = catalog.records("cloud")
    wanted = str(name).strip().lower()
    exact = [record for record in records.values() if record.meta["code"] == wanted]
    if exact:
        return exact[0]
    known = catalog.names("cloud").get(plain_name(name))
    return None if known is None else records[known]
