"""What is known of tuned serving on a vendor's or a generation's chips before any result of it."""

from __future__ import annotations

import numpy as np

from wattline.catalog import Catalog
from wattline.line.chip.training.rates import sustained_share
from wattline.line.chip.tuned import vendors_by_generation


def _shares(catalog: Catalog) -> dict[str, float]:
    """What power limits leave of generations' 8-bit nameplates, where measured: logarithms, of the mean chip."""
    measured: dict[str, list[float]] = {}
    for chip in catalog.records("chip").values():
        if "fp8_sustained_flops" in chip.facts:
            generation = str(chip.meta.get("generation", "")).lower().replace(" ", "-")
            measured.setdefault(generation, []).append(float(np.log(sustained_share(chip, "fp8", catalog))))
    return {generation: float(np.mean(each)) for generation, each in measured.items()}


def known_beforehand(catalog: Catalog) -> dict[str, float]:
    """What a vendor lies off all, and a generation off its vendor, before any result of serving: logarithms by name.

    Boards of a vendor may draw more for their peak (``mlperf-known-…``); and who reaches less of a chip's 8-bit peak in
    training, whose steps MLPerf measured on more chips (``calibrate steps``), reaches less of it in serving too.

    Parameters
    ----------
    catalog : whose facts are taken

    Returns
    -------
    Such as ``narrow-time-amd`` and ``narrow-time-cdna3``.
    """
    records, head = catalog.records("fit"), "training-eight-bit-rate"
    stated = "mlperf-known-"
    known = {
        name.removeprefix(stated): float(np.log(record["value"].value))
        for name, record in records.items()
        if name.startswith(stated)
    }
    rates = {name.removeprefix(head): records[name]["value"].value for name in records if name.startswith(head)}
    vendors = vendors_by_generation(catalog)
    shares = _shares(catalog)
    for name in rates:  # of nameplates, as serving counts them
        kin = name.removeprefix("-")
        own = [shares.get(each, 0.0) for each in vendors if f"-{each}" in rates and kin in (each, vendors[each])]
        rates[name] *= float(np.exp(np.mean(own))) if own else 1.0
    for name, rate in rates.items():
        kin = name.removeprefix("-")
        wider = f"-{vendors[kin]}" if kin in vendors else ""
        if kin and wider in rates:
            known[f"narrow-time-{kin}"] = float(np.log(rates[wider] / rate))
    return known
