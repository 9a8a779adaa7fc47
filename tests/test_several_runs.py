"""Several windows of one name in one recording: added up, chosen by number, or refused by name; nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from meter_files import usage
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.usage import report
from wattline.meter.export.emissions import emissions_csv
from wattline.meter.export.tables import export_table
from wattline.meter.export.window import find_span, find_spans
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Spec
from wattline.reconcile.metered import metered_window

T0 = 1.7e9


def recording(*windows: Window) -> Recording:
    """A card of 500 W that is read for 100 s."""
    time = T0 + np.arange(101.0)
    card = Device("h", "gpu0", "gpu", "NVIDIA H100 80GB HBM3")
    return Recording([Series(card, Spec("file"), time, np.full(101, 500.0))], windows)


TWO = recording(Window("run", T0 + 50, T0 + 90), Window("run", T0 + 10, T0 + 20))


def test_the_report_and_exports_hold_all_runs() -> None:
    assert report(TWO).data["duration_s"] == pytest.approx(50)
    assert len(emissions_csv(TWO, find_spans(TWO)).splitlines()) == 3
    energy = export_table(TWO, "energy", "run")
    assert energy.filter(energy["counted"])["energy_wh"].sum() * 3600 == pytest.approx(50 * 500)
    assert len(export_table(TWO, "readings", "run")) == 11 + 41


def test_a_number_takes_one_of_them_in_order_of_time() -> None:
    for number, seconds in (("run#1", 10), ("run#2", 40)):
        assert report(TWO, number).data["duration_s"] == pytest.approx(seconds)
        assert find_span(TWO, number).duration_s == pytest.approx(seconds)
    with pytest.raises(WattlineError, match="no window 'run#3'"):
        report(TWO, "run#3")
    assert report(recording(Window("step#2", T0, T0 + 10)), "step#2").data["duration_s"] == pytest.approx(10)


def test_what_needs_one_stretch_refuses_several_and_names_the_option() -> None:
    with pytest.raises(WattlineError, match=r"2 windows are called 'run' .*--window 'run#1'.*--window all"):
        metered_window(TWO, None, catalog.default())


def test_windows_of_one_name_that_overlap_are_one_as_ranks_write_them() -> None:
    ranks = recording(*(Window("run", T0 + 10 + k, T0 + 60 + k, rank=str(k)) for k in range(4)))
    assert find_span(ranks).duration_s == pytest.approx(53)
    seen = metered_window(ranks, None, catalog.default())
    assert seen.energy.energy_j == pytest.approx(report(ranks).data["energy_wh"]["value"] * 3600, rel=1e-9)


def test_a_device_of_a_later_run_alone_is_not_dated_outside_the_first() -> None:
    late = T0 + 40_000 + np.arange(101.0)
    other = Series(Device("g", "gpu0", "gpu"), Spec("file"), late, np.full(101, 300.0))
    first = recording(Window("run", T0, T0 + 100), Window("run", T0 + 40_000, T0 + 40_100))
    data = usage(Recording([*first.series, other], first.windows))
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(100 * 800, rel=1e-6)
    assert data["devices"] == 2


def test_a_name_with_a_sign_of_number_but_none_is_no_window() -> None:
    assert [TWO.named(text) for text in ("run#0", "#", "run#x")] == [[], [], []]
    assert [window.begin_s for window in TWO.named("run")] == [T0 + 10, T0 + 50]
