"""Work of several sites that moves in time and place: foresight, a forecast, room, waits and moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.grid.flexibility.sites import SitePlan, SiteWork, as_it_comes, by_forecast, least_cost
from wattline.predict.flex.sites import SharedWork

DAY = 6  # steps
ROOM = np.array([14.0, 9.0])


def made(seed: int, wait: int, moving: float, days: int = 5) -> tuple[list[SiteWork], np.ndarray]:
    """Two sites with serving and waiting work, and a signal at each."""
    rng = np.random.default_rng(seed)
    steps = days * DAY
    signals = rng.uniform(-5, 100, (2, steps))
    works = []
    for home in range(2):
        works.append(SiteWork(rng.uniform(0, 3, steps), home, (home, 1 - home)[: 1 + home], 0, moving))
        works.append(SiteWork(rng.uniform(0, 5, steps), home, (0, 1), wait, moving, fee=moving))
    return works, signals


def check_plan(plan: SitePlan, works: list[SiteWork]) -> None:
    """All work runs, within the room, none before it came and none later than it may."""
    power = plan.power(works, 2)
    assert (power <= ROOM[:, None] + 1e-6).all()
    for work, run in zip(works, plan.runs, strict=True):
        assert (run >= 0).all()
        done, come = run.sum(axis=0).cumsum(), work.arrives.cumsum()
        assert done[-1] == pytest.approx(come[-1])
        assert (done <= come + 1e-6).all()
        if work.wait:
            assert (done[work.wait :] >= come[: -work.wait] - 1e-6).all()
        else:
            assert done == pytest.approx(come)


@settings(max_examples=15)
@given(st.integers(0, 999), st.integers(1, 8), st.sampled_from([0.0, 0.05, 2.0]))
def test_foresight_costs_no_more_than_a_forecast_and_both_keep_room_and_waits(
    seed: int, wait: int, moving: float
) -> None:
    works, signals = made(seed, wait, moving)
    meant, known, best = as_it_comes(works), by_forecast(works, ROOM, signals, DAY), least_cost(works, ROOM, signals)
    for plan in (meant, known, best):
        check_plan(plan, works)
    slack = 1e-4 * signals.shape[1]
    assert best.cost(works, signals) <= min(meant.cost(works, signals), known.cost(works, signals)) + slack


@settings(max_examples=10)
@given(st.integers(0, 999), st.integers(1, 6))
def test_more_freedom_never_costs_more(seed: int, wait: int) -> None:
    works, signals = made(seed, wait, 0.02)
    whole = least_cost(works, ROOM, signals).cost(works, signals)
    longer = [SiteWork(w.arrives, w.home, w.sites, w.wait + 2 * (w.wait > 0), w.moving, w.fee) for w in works]
    wider = least_cost(longer, ROOM, signals).cost(works, signals)
    slack = 1e-3
    assert wider <= whole + slack
    assert least_cost(works, ROOM * 1.5, signals).cost(works, signals) <= whole + slack
    for fewer in ([w.prompt() for w in works], [w.staying() for w in works]):
        assert least_cost(fewer, ROOM, signals).cost(fewer, signals) >= whole - slack


def test_work_goes_to_the_cheap_hour_and_site_by_hand() -> None:
    signals = np.array([[50.0, 10.0, 50.0, 50.0], [40.0, 40.0, 40.0, 5.0]])
    work = SiteWork(np.array([4.0, 0.0, 0.0, 0.0]), 0, (0, 1), wait=3)
    plan = least_cost([work], np.array([4.0, 3.0]), signals)
    assert plan.cost([work], signals) == pytest.approx(3 * 5 + 1 * 10, rel=1e-6)  # three at the other site's last hour
    assert plan.room_value == pytest.approx([0.0, 10 - 5], abs=1e-3)
    dear = SiteWork(work.arrives, 0, (0, 1), wait=3, moving=0.1, fee=20.0)
    stays = least_cost([dear], np.array([4.0, 3.0]), signals)
    assert stays.cost([dear], signals) == pytest.approx(4 * 10, rel=1e-6)


def hours_file(path: Path, *columns: np.ndarray) -> Path:
    times = np.datetime64("2023-01-01", "h") + np.arange(columns[0].size)
    names = ",".join(f"site_{i}" for i in range(len(columns)))
    rows = [f"{time}:00:00Z," + ",".join(f"{v:g}" for v in row) for time, *row in zip(times, *columns, strict=True)]
    path.write_text(f"utc,{names}\n" + "\n".join(rows) + "\n")
    return path


def test_flat_and_equal_signals_save_nothing_and_nothing_moves(tmp_path: Path) -> None:
    path = hours_file(tmp_path / "flat.csv", np.full(96, 80.0), np.full(96, 80.0))
    answer = wl.flex_sites([f"{path}@site_0", "site_1"], SharedWork(["20 MW"], ["12 MW"])).json()
    for row in answer["results"]["moves"]:
        assert row["saving_known"] == row["saving_foresight"] == pytest.approx(0.0, abs=1e-9)
        assert row["away_foresight_share"] == pytest.approx(0.0, abs=1e-6)
        assert row["wait_foresight_h"] == pytest.approx(0.0, abs=1e-3)


def test_the_moves_are_counted_by_another_signal_of_a_file_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    path = hours_file(tmp_path / "two.csv", *rng.uniform(50, 500, (2, 24 * 8)))
    other = hours_file(tmp_path / "other.csv", *rng.uniform(200, 900, (2, 24 * 8)))
    sites, work = [f"{path}@site_0", "site_1"], SharedWork(["20 MW"], ["12 MW"])
    alone = wl.flex_sites(sites, work).json()["results"]["moves"]
    both = wl.flex_sites(sites, work, beside=[f"{other}@site_0", "site_1"]).json()
    same = wl.flex_sites(sites, work, beside=sites, beside_kind="average").json()["results"]["moves"]
    assert both["inputs"]["beside_kind"] == "marginal"
    for lone, row, again in zip(alone, both["results"]["moves"], same, strict=True):
        assert lone["beside"] is None
        assert row["mean_foresight"] == pytest.approx(lone["mean_foresight"])
        assert 200 < row["beside"]["mean_foresight"] < 900
        assert again["beside"]["mean_foresight"] == pytest.approx(again["mean_foresight"])
    with pytest.raises(WattlineError, match="as many files"):
        wl.flex_sites(sites, work, beside=[f"{other}@site_0"])


def test_a_price_that_is_nothing_in_the_mean_has_no_share_to_save_of(tmp_path: Path) -> None:
    wave = 100 * np.sin(np.arange(24 * 8) / 24 * 2 * np.pi)
    path = hours_file(tmp_path / "wave.csv", wave, wave)
    answer = wl.flex_sites([f"{path}@site_0", "site_1"], SharedWork(["9 MW"], ["4 MW"]), kind="price").json()
    row = answer["results"]["moves"][1]
    assert row["saving_foresight"] is None
    assert row["saved_foresight"] > 0


def test_a_price_weighs_egress_and_serving_stays_where_it_is_too_far(tmp_path: Path) -> None:
    path = hours_file(tmp_path / "price.csv", np.full(96, 0.10), np.full(96, 0.04))
    sites: list[str | Path] = [f"{path}@site_0", "site_1"]

    def moved(**words: Any) -> dict[str, Any]:
        made: dict[str, Any] = wl.flex_sites(sites, SharedWork(["20 MW"], ["5 MW"], **words), kind="price").json()
        return made["results"]["moves"][0]

    assert moved()["away_foresight_share"] == pytest.approx(0.25)  # the dear site's work that may wait, which is half
    near = moved(reach="50 ms", between=["30 ms"])
    assert near["away_foresight_share"] == pytest.approx(0.5)
    assert near["saved_foresight"] == pytest.approx(5000 * 72 * 0.06)  # kWh of three days, USD
    assert moved(reach="50 ms", between=["80 ms"])["away_foresight_share"] == pytest.approx(0.25)
    assert moved(waiting_data="10 TB/MWh")["away_foresight_share"] == pytest.approx(
        0.0, abs=1e-9
    )  # egress is dearer than the power


def test_the_work_may_be_a_file_and_its_energy_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    path = hours_file(tmp_path / "signal.csv", *rng.uniform(20, 90, (2, 120)))
    load = hours_file(tmp_path / "load.csv", rng.uniform(1, 9, 120))
    answer = wl.flex_sites([f"{path}@site_0", "site_1"], SharedWork(["12 MW"], [f"{load}@site_0"], wait="5 h")).json()
    for policy in ("as_meant", "known", "foresight"):
        both = sum(row[f"mean_{policy}_w"] for row in answer["results"]["each_site"])
        assert both == pytest.approx(sum(row["mean_as_meant_w"] for row in answer["results"]["each_site"]))
    saved = [row["saving_foresight"] for row in answer["results"]["moves"]]
    assert saved[2] >= max(saved[:2]) - 1e-9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"room": ["5 MW"], "arrives": ["9 MW"]}, "above its room"),
        ({"room": ["5 MW"], "arrives": ["1 MW"], "serving": "130%"}, "--serving 1.3"),
        ({"room": ["5 MW"], "arrives": ["1 MW"], "wait": "30 min"}, "whole number"),
        ({"room": ["5 MW"] * 3, "arrives": ["1 MW"]}, "--room is given 3 times for 2 sites"),
        ({"room": ["5 MW"], "arrives": ["1 MW"], "reach": "20 ms"}, "needs 1 --between"),
        ({"room": ["5 MW"], "arrives": ["1 MW"], "between": ["20 ms"]}, "--between goes with --reach"),
        ({"room": ["5 MW"], "arrives": ["-1 MW"]}, "--arrives"),
    ],
)
def test_bad_words_are_refused_by_name(tmp_path: Path, words: dict[str, Any], message: str) -> None:
    path = hours_file(tmp_path / "signal.csv", *np.full((2, 72), 50.0))
    with pytest.raises(WattlineError, match=message):
        wl.flex_sites([f"{path}@site_0", "site_1"], SharedWork(**words))
    with pytest.raises(WattlineError, match="two sites or more"):
        wl.flex_sites([path], SharedWork(**words))
