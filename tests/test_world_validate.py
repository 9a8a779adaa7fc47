"""``validate world`` and ``calibrate world``: what is left out is predicted as well as promised."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wattline.cli.main import main
from wattline.line.world.backtest import ORIGINS, known_at
from wattline.line.world.coefficients import path_model
from wattline.line.world.identities import identities
from wattline.line.world.path_model import stated_model
from wattline.line.world.published import published_figures
from wattline.line.world.tables import FOLDER
from wattline.validate.fit.world import FITTED, HEAD, fit_paths, prior_spreads
from wattline.validate.fit.world_refit import evidence_slope, refit_paths
from wattline.validate.world import leave_out_series, validate_world


def quiet(name: str) -> None:
    """No progress is shown."""


def test_every_published_sum_holds() -> None:
    assert [row.name for row in identities() if not row.holds] == []
    assert len(identities()) > 50


@pytest.mark.long
def test_the_screen_has_each_kind_of_published_sum_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["validate", "world"])
    shown = capsys.readouterr().out
    for name in ("Koomey, servers of world in 2000", "Koomey, servers of us in 2000", "GW x 8.76 x load", "IT x PUE",
                 "chips at the end of 2024", "chips at the end of 2025"):  # fmt: skip
        assert name in shown, name


LONG = [pytest.param(name, marks=pytest.mark.long) for name in ("source", "edition", "year")]


@pytest.mark.parametrize("left_out", ["company", *LONG])
def test_what_is_left_out_is_held_and_better_foretold_than_by_a_drift(left_out: str) -> None:
    scores = validate_world(left_out, quiet).json()["results"]["score"]
    assert scores["coverage_percent"] >= 80
    assert scores["crps_with_naive"] < scores["naive_crps"]


@pytest.mark.long
def test_a_country_is_foretold_from_its_earlier_figures_and_from_none() -> None:
    results = validate_world("country", quiet).json()["results"]
    assert 80 <= results["score"]["coverage_percent"] <= 97
    assert results["score"]["crps_with_naive"] < results["score"]["naive_crps"]
    assert 80 <= results["unseen"]["coverage_percent"] <= 97


def test_what_is_left_out_shapes_no_coefficient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A left-out series of any size, and of any figures, is foretold the same where none of its own is given."""
    rows = [row for row in published_figures() if row.series in ("ireland", "sweden", "uk")]
    made = []
    for factor in (1.0, 3.0):
        changed = [replace(row, twh=row.twh * factor) if row.series == "ireland" else row for row in rows]
        unseen = leave_out_series(changed, False, quiet)[1]
        made.append({row.figure.series: (row.mean, row.sd) for row in unseen})
    assert made[0]["ireland"] == made[1]["ireland"]
    assert made[0]["uk"] != made[1]["uk"]


def test_a_refit_finds_the_mode_that_it_was_moved_from() -> None:
    """Set out from stated values or from those of all figures, fewer figures have one mode, where the slope is none."""
    rows = [row for row in published_figures() if row.series in ("germany", "world")]
    near, far = (refit_paths(rows, 2026, start) for start in (path_model(2026), stated_model()))
    for name in FITTED:
        assert getattr(near, name) == pytest.approx(getattr(far, name), rel=0.01), name
    steps = np.log([getattr(near, name) / getattr(stated_model(), name) for name in FITTED])
    slope, _ = evidence_slope(rows, 2026, steps)
    assert np.abs(slope - steps / prior_spreads() ** 2).max() < 0.1


def test_published_forecasts_were_off_further_than_ours() -> None:
    card = validate_world(None, quiet).json()["results"]["scorecard"]
    assert card["n"] > 20
    assert 1 < card["our_median_factor"] < card["median_factor"]


def test_an_unknown_leave_out_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["validate", "world", "--leave-out", "moon"])
    assert stop.value.code == 2
    assert "country, company, source, edition, year" in capsys.readouterr().err


def test_the_screen_and_the_json_have_each_origin(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["validate", "world", "--json"])
    origins = json.loads(capsys.readouterr().out)["results"]["origins"]
    assert [row["origin"] for row in origins] == list(ORIGINS)
    with pytest.raises(SystemExit):
        main(["validate", "world"])
    shown = capsys.readouterr().out
    assert all(str(origin) in shown for origin in ORIGINS)


def test_the_coefficients_of_the_catalog_are_those_that_the_fit_gives() -> None:
    origin = ORIGINS[0]
    known = known_at(published_figures(), origin)
    model, _ = fit_paths(known, origin)
    shipped = (FOLDER / "coefficients.csv").read_text()
    assert shipped.startswith(HEAD)
    for name in ("common_sd", "world_scatter", "level_sd"):
        line = next(row for row in shipped.splitlines() if row.startswith(f"{origin},{name},"))
        assert float(line.split(",")[2]) == pytest.approx(getattr(model, name), rel=1e-3)
        assert line.endswith(f",{len(known)}")


@pytest.mark.long
def test_calibrate_writes_the_shipped_file_again_to_the_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["calibrate", "world", "--save", str(tmp_path / "coefficients.csv")])
    assert stop.value.code == 0
    assert (tmp_path / "coefficients.csv").read_bytes() == (FOLDER / "coefficients.csv").read_bytes()
