"""A cloud's region or instance type by the name that people type: ``us-east-1`` of AWS and ``us-east1`` of Google are
two."""

from __future__ import annotations

import re

from wattline.catalog.catalog import Catalog
from wattline.catalog.record import Record, plain_name


def find_cloud(name: str, catalog: Catalog) -> Record | None:
    """The cloud region with this name, or None.

    Parameters
    ----------
    name : the provider's code as it is written, in any case, or one of its zones (``us-east-1a``, ``us-central1-b``);
        failing that, the name or an alias of a record.
    catalog : where the regions stand. A record's ``region`` is its grid, ``place`` its climate.

    Returns
    -------
    The record of kind ``cloud``, or None.
    """
    records = catalog.records("cloud")
    wanted = str(name).strip().lower()
    exact = [record for record in records.values() if record.meta["code"] == wanted]
    if exact:
        return exact[0]
    known = catalog.names("cloud").get(plain_name(name))
    if known is None and (region := _ZONE.sub("", wanted)) != wanted:
        return find_cloud(region, catalog)
    return None if known is None else records[known]


_ZONE = re.compile(r"(?<=\d)-?[a-f]$")
_PROVIDERS = re.compile(
    r"^(amazon|aws|ec2|gcp|gce|google|azure|microsoft|oracle|oci|coreweave|standard|cloud|sagemaker|instances?|ml\.)"
)
_AZURE_SIZE = re.compile(r"^(n[cdgv])\d+[a-z]*?(?=(a10|a100|h100|h200|mi300x|gb200|gb300|ndr|t4|v4|v5|v6))")


def find_instance(name: str, catalog: Catalog) -> Record | None:
    """The instance type with this name, or None.

    Parameters
    ----------
    name : as the provider or a user writes it: with or without the provider (``AWS p5.48xlarge``), SageMaker's ``ml.``
        or Azure's ``Standard_``; a family's name alone (``p4d``, ``ND H100 v5``) is its largest type.
    catalog : where the types stand

    Returns
    -------
    The record of kind ``instance``, or None.
    """
    wanted = _plain(name)
    if not wanted:
        return None
    records = catalog.records("instance")
    known = {_plain(alias): record for alias, record in catalog.names("instance").items()}
    if wanted in known:
        return records[known[wanted]]
    family = [record for record in records.values() if wanted in _families(record)]
    return max(family, key=lambda record: record["chips"].value, default=None)


def _plain(name: str) -> str:
    """A type's name as it is compared, without the provider's."""
    plain = plain_name(name)
    while (shorter := _PROVIDERS.sub("", plain)) != plain:
        plain = shorter
    return plain.replace(".", "")


def _families(record: Record) -> set[str]:
    """What people call the family of a type."""
    whole = record.name.lower()
    family = {plain_name(whole.split(".")[0]), plain_name(re.sub(r"-\d+g(-metal)?$", "", whole))} - {"bm", "vm", "gd"}
    return family | {_AZURE_SIZE.sub(r"\1", plain_name(whole)).replace("ndr", "")}
