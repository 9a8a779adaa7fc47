"""What published figures count: kinds of figures are held together, and places without a figure told from stock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.world.backtest import forecasts_of
from wattline.line.world.counts import ALL, CAPACITY, COUNTS, counts_covariance, log_ratio
from wattline.line.world.expected import paths_known
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.outlook import catalog_posterior
from wattline.line.world.places import log_over_world, place_of
from wattline.line.world.published import GIVEN, published_capacities, published_figures, read_published
from wattline.predict.outlook.own import check_own_file

IN_2024 = np.array([2024 - FIRST])
PLACES = st.sampled_from(["us", "china", "uk", "norway", "africa", "brazil", "world"])
SCOPES = st.sampled_from(list(COUNTS))


@given(st.lists(st.tuples(PLACES, SCOPES), min_size=1, max_size=6))
def test_covariance_of_kinds_is_symmetric_positive_and_none_for_all_data_centres(pairs) -> None:
    places, scopes = [place_of(name) for name, _ in pairs], [scope for _, scope in pairs]
    spread = counts_covariance(places, scopes, places, scopes)
    assert np.allclose(spread, spread.T)
    assert np.linalg.eigvalsh(spread).min() > -1e-12
    assert all(not spread[i].any() for i, scope in enumerate(scopes) if scope == ALL)


@settings(max_examples=20, deadline=None)
@given(PLACES, st.sampled_from([scope for scope in GIVEN if scope != ALL]))
def test_a_figure_of_another_kind_is_predicted_by_the_ratio_between_the_kinds(name: str, scope: str) -> None:
    place, posterior = [place_of(name)], Posterior(paths_known(2026), ())
    (whole,), (wide,) = posterior.predict(place, IN_2024, scope=ALL)
    (part,), (wider,) = posterior.predict(place, IN_2024, scope=scope)
    assert part - whole == pytest.approx(log_ratio(scope))
    assert wider[0] > wide[0]


def test_the_outlook_never_counts_crypto_mining_and_counts_as_the_newest_publisher_else() -> None:
    posterior = catalog_posterior(2026)
    assert posterior.next_scope(place_of("norway")) == ALL
    assert posterior.next_scope(place_of("africa")) == "in-part"
    assert posterior.next_scope(place_of("china")) == ALL


def test_capacities_tell_places_without_a_figure_and_are_no_figures_themselves() -> None:
    assert all(row.scope == CAPACITY for row in published_capacities())
    assert not any(row.electricity for row in published_capacities())
    assert not any(row.scope == CAPACITY for row in published_figures())
    _, narrow = Posterior(paths_known(2026), ()).predict([place_of("malaysia")], IN_2024)
    paths = paths_known(2026)
    paths.capacities = ()
    _, wide = Posterior(paths, ()).predict([place_of("malaysia")], IN_2024)
    assert narrow[0, 0] < wide[0, 0]


def test_three_parts_of_the_world_without_any_figure_are_foreseen_within_their_ranges() -> None:
    names = ("africa", "central_south_america", "middle_east")
    rows = published_figures()
    known = Posterior(paths_known(2026), [row for row in rows if row.series not in names])
    forecasts = forecasts_of(known, [row for row in rows if row.series in names], 2026)
    assert len(forecasts) == 9
    assert all(row.covered for row in forecasts)


def test_a_richer_place_is_expected_to_have_more_and_an_unknown_income_changes_nothing() -> None:
    assert log_over_world(place_of("switzerland"), "income_usd") > log_over_world(place_of("india"), "income_usd")
    assert log_over_world(place_of("world"), "income_usd") == 0


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["canada", "vietnam", "saudi_arabia", "iceland", "us-ercot"]), st.floats(1.1, 4))
def test_of_places_alike_that_whose_industry_takes_more_electricity_has_fewer_data_centres(
    name: str, more: float
) -> None:
    """The figures tell so: electricity per product, of which nothing is stated before them, has a negative exponent."""
    place = replace(place_of(name), whole=None)  # a part goes the way of its whole, whose intensity counts
    heavy = replace(place, intensity=more * place.intensity)
    usual, less = (catalog_posterior(2026).predict([each], IN_2024)[0][0] for each in (place, heavy))
    assert -0.8 * np.log(more) < less - usual < -0.1 * np.log(more)


def test_electricity_per_product_is_high_where_power_is_cheap_and_a_grids_is_its_countrys() -> None:
    heavy = {
        name: log_over_world(place_of(name), "intensity") for name in ("iceland", "vietnam", "world", "uk", "ireland")
    }
    assert heavy["iceland"] > 0.5
    assert heavy["vietnam"] > 0.5
    assert heavy["world"] == 0
    assert max(heavy["uk"], heavy["ireland"]) < -0.5
    assert log_over_world(place_of("us-ercot"), "intensity") == log_over_world(place_of("us"), "intensity")
    assert log_over_world(replace(place_of("uk"), intensity=0.0), "intensity") == 0  # not known


def test_a_scope_that_is_not_known_is_refused_by_name(tmp_path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("year,twh,scope\n2020,1.0,everything\n")
    with pytest.raises(WattlineError, match=r"line 2: scope 'everything' is none of all, commercial"):
        read_published(path, "uk")
    path.write_text("year,twh,scope\n2020,1.0,commercial\n")
    assert read_published(path, "uk")[0].scope == "commercial"
    with pytest.raises(WattlineError, match=r"line 2: scope 'commercial' is of places"):
        read_published(path, "firm")


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--stock", "year,twh\n2020,1\n", "give it by --series"),
        ("--series", "year,chips_gw\n2024,1\n", "give it by --stock"),
        ("--series", "", "no column twh"),
    ],
)
def test_a_series_given_as_a_stock_or_a_stock_as_a_series_is_refused(tmp_path, option, text, words) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(WattlineError, match=words):
        check_own_file(path, option)
