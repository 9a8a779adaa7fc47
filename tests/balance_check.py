"""Bills whose parts add up."""

from __future__ import annotations

import itertools

import numpy as np

from wattline.predict.answer import Answer


def balanced(answer: Answer) -> None:
    """Parts, bill, stations and load all tell the same energy, in every draw, to 1e-9."""
    parts = sum(answer.bill.parts.values())
    np.testing.assert_allclose(parts, answer.bill.delivered_j, rtol=1e-9)
    np.testing.assert_allclose(answer.load.energy_j, answer.energy_j, rtol=1e-9)
    np.testing.assert_allclose(answer.bill.at("grid"), answer.energy_j, rtol=1e-12)
    levels = [answer.bill.at(station) for station in ("chip", "server", "site", "grid")]
    for low, high in itertools.pairwise(levels):
        assert np.all(low <= high * (1 + 1e-12))
    assert np.all(answer.peak_w >= answer.energy_j / answer.duration_s * (1 - 1e-9))
    assert all(np.all(np.isfinite(part)) and np.all(part >= 0) for part in answer.bill.parts.values())
