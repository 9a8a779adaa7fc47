"""The catalog: every number of the world that Wattline uses, as records of facts in TOML files beside this one.

A record is found by kind and name (or alias); a fact by its key ``kind.record.attribute``. Facts of the user's own
override the built-in ones: ``Catalog("mine.toml")``, ``--facts FILE`` or the variable ``WATTLINE_FACTS``.
"""

from wattline.catalog.catalog import OWN, Catalog, CatalogLike, default, fact, open_catalog
from wattline.catalog.record import KINDS, SINGLE, Record, plain_name
from wattline.catalog.tables import HERE, attributes, read_records

__all__ = [
    "HERE", "KINDS", "OWN", "SINGLE", "Catalog", "CatalogLike", "Record", "attributes", "default", "fact",
    "open_catalog", "plain_name", "read_records",
]  # fmt: skip
