"""``validate site``: published PUE and WUE beside those predicted, with sites, operators and years left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cli_commands import printed
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.validate.evidence.sites import read_rows
from wattline.validate.site import validate


def test_validation_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.csv"
    file.write_text(
        "operator,site,year,pue,wue_l_per_kwh,kind\nGoogle,Hamina,2023,1.09,,measured\nMeta,Lulea,2022,,0.1,measured\n"
        "Microsoft Azure,italynorth,2022,1.12,0.02,design\nGoogle,Atlantis,2023,1.1,,\n"
        'Google,"Red Oak, Texas",2015,1.1,,\n'
    )
    status, out, _ = printed(capsys, "validate", "site", str(file), "--json", "--draws", "10")
    data = json.loads(out)["results"]
    assert status == 0
    for measure in ("pue", "wue"):
        assert set(data["scores"][measure]) == {"n", "mean_absolute_error", "mean_error", "coverage_percent"}
        assert data["scores"][measure]["n"] == 1
    assert data["groups"]["pue"]["Google"]["mean_absolute_error"] < 0.05
    assert [a["why"].split(",")[0] for a in data["excluded"]][1].startswith("no such campus")
    assert len(data["excluded"]) == 3
    for text, message in (("a,b\n1,2\n", "no column"), ("operator,site,year,pue\nGoogle,Hamina,2023,0.4\n", "line 2")):
        file.write_text(text)
        status, _, err = printed(capsys, "validate", "site", str(file))
        assert status == 2
        assert message in err


@pytest.mark.shared
def test_published_sites(shared_data: Path) -> None:
    result = validate(read_rows(shared_data / "facility/site_pue_wue.csv"), 60)
    score, google = result.score("pue"), result.score("pue", "Google")
    assert score["n"] > 140
    assert score["mean_absolute_error"] <= 0.05
    assert google["mean_absolute_error"] <= 0.03
    assert 85 <= score["coverage_percent"] <= 100
    assert Draws(0).n == 0


@pytest.mark.long
@pytest.mark.shared
def test_ranges_hold_sites_operators_and_years_that_no_fit_has_seen(shared_data: Path) -> None:
    rows = read_rows(shared_data / "facility/site_pue_wue.csv")
    for by in ("site", "operator", "year"):
        result = validate(rows, 60, leave_out=by)
        for measure in ("pue", "wue"):
            assert 85 <= result.score(measure)["coverage_percent"] <= 98
        assert result.score("pue", "Amazon Web Services")["coverage_percent"] >= 85
        assert abs(result.score("pue", "Amazon Web Services")["mean_error"]) < 0.02


@pytest.mark.long
@pytest.mark.shared
def test_the_catalog_carries_the_spreads_that_the_published_figures_give(shared_data: Path) -> None:
    from wattline.validate.fit.site import spread_fact
    from wattline.validate.site import fit

    fitted = fit(read_rows(shared_data / "facility/site_pue_wue.csv"), 100)
    for measure, halls in fitted.items():
        for kind, spread in halls.items():
            known = spread_fact(measure, kind, catalog.default())
            assert (known.low, known.high) == pytest.approx(
                (np.exp(spread.bias - 1.645 * spread.spread), np.exp(spread.bias + 1.645 * spread.spread)), rel=0.06
            )


def test_a_site_left_out_is_judged_by_the_others_alone() -> None:
    from wattline.validate.fit.site import SiteResidual, fit_spread, left_out_spread

    rows = [SiteResidual(f"s{i}", "o", 2020 + i % 2, "hall", 0.1 * (-1) ** i, 0.01) for i in range(6)]
    odd = SiteResidual("odd", "o", 2020, "hall", 1.5, 0.01)
    assert left_out_spread([*rows, odd], odd, "site", "pue") == fit_spread(rows, "hall", "pue")
    assert fit_spread([*rows, odd], "hall", "pue").spread > fit_spread(rows, "hall", "pue").spread
    assert fit_spread(rows, "another", "pue").bias == 0


def test_each_site_left_out_has_its_own_spread(tmp_path: Path) -> None:
    """Draws are kept by a fact's key, which all rows of a hall share: the first row's fit must not serve them all."""
    from wattline.validate.evidence.sites import read_rows
    from wattline.validate.site import validate

    file = tmp_path / "s.csv"
    head, far = "operator,site,year,pue\n", "Google,Hamina,2023,1.9\n"
    rest = "Google,Dublin,2023,1.09\nGoogle,Council Bluffs,2023,1.10\n"
    made = []
    for text in (far + rest, rest + far):
        file.write_text(head + text)
        rows = validate(read_rows(file), 50, leave_out="site").compared["pue"]
        made.append({row.campus: row.predicted for row in rows})
    assert made[0] == made[1]
    assert made[0].keys() == {row.campus for row in rows}
    widths = {campus: known.p95 - known.p5 for campus, known in made[0].items()}
    hamina = next(campus for campus in widths if "hamina" in campus)
    assert all(width > 1.5 * widths[hamina] for campus, width in widths.items() if campus != hamina)


def test_leaving_out_what_there_is_not_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.csv"
    file.write_text("operator,site,year,pue\nGoogle,Hamina,2023,1.09\nMicrosoft,Iowa,2023,1.16\n")
    status, _, err = printed(capsys, "validate", "site", str(file), "--leave-out", "moon")
    assert status == 2
    assert "none of site, operator, year" in err
    status, out, _ = printed(capsys, "validate", "site", str(file), "--leave-out", "site", "--json", "--draws", "20")
    assert status == 0
    assert json.loads(out)["inputs"]["left_out"] == "site"
