"""A plan of supply, checked hour by hour."""

from __future__ import annotations

import numpy as np
import pytest

from wattline.line.grid.supply.parts import (
    Storage,
)
from wattline.line.grid.supply.plan import SupplyPlan

BATTERY = Storage("battery", 24_000.0, 17_700.0, 0.96, 0.96)


def check(made: SupplyPlan) -> None:
    """What every plan holds: its certificate, the balance of each hour from its own series, the parts of its cost."""
    certificate, run, parts = made.certificate, made.dispatch, made.case
    assert certificate.good
    assert certificate.bound <= certificate.cost + 1e-7 * abs(certificate.cost) + 1e-6
    supplied = -parts.load.copy()
    for name, series in run.items():
        kind = name.rsplit(" ", 1)[1]
        sign = {"generation": 1, "discharge": 1, "import": 1, "unserved": 1, "down": 1}.get(kind, 0)
        sign -= kind in ("charge", "export", "up")
        supplied += sign * series
        assert series.min() > -1e-6
    assert np.abs(supplied).max() < 1e-6
    for storage in parts.storages:
        content, charge = run[f"{storage.name} content"], run[f"{storage.name} charge"]
        kept = np.roll(content, 1) * (1 - storage.loss) ** parts.step_h
        change = storage.charge_efficiency * charge - run[f"{storage.name} discharge"] / storage.discharge_efficiency
        assert np.abs(content - kept - change * parts.step_h).max() < 1e-6
        assert np.minimum(charge, run[f"{storage.name} discharge"]).max() <= 1e-6
    assert made.cost_usd == pytest.approx(certificate.cost, rel=1e-9)
    assert sum(made.json()["cost_parts_usd_per_mwh"].values()) == pytest.approx(made.usd_per_mwh, rel=1e-9)
