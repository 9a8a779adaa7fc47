"""The annual kinds of site stand on the hourly model."""

from __future__ import annotations

import numpy as np
import pytest

from wattline import catalog
from wattline.line.site import annual
from wattline.line.site.derive import DERIVED, losses, toml


@pytest.mark.parametrize("name", sorted(DERIVED))
def test_the_catalogs_kinds_are_those_of_the_hourly_model(name: str) -> None:
    site = annual.load_site(name, catalog.default())
    for attribute, values in losses(name, catalog.default()).items():
        fact = site[attribute]
        assert fact.basis == "derived"
        assert float(np.median(values)) == pytest.approx(fact.value, rel=0.01, abs=1e-4), attribute


@pytest.mark.long
def test_what_calibrate_prints_is_a_catalog_file() -> None:
    import tomllib

    result = tomllib.loads(toml(catalog.default()))
    assert set(result) == set(DERIVED)
    assert all({"ups", "cooling_power", "wue_l_per_kwh"} <= set(record) for record in result.values())
