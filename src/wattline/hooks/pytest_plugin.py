"""pytest: ``@pytest.mark.energy(budget="50 J")`` measures a test and fails it where it takes more.

Nothing is measured, and nothing of Wattline is loaded, but for tests that are marked.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wattline.meter.energy.window import WindowEnergy

MARK = "energy(budget=None, modelled=False): measure the test's energy; fail it above the budget, such as '50 J'"
NO_SENSOR = "no sensor measures power here (`wattline sensors` says what is missing, and the mend)"
MODELLED = "power is modelled here, not measured: mark it with energy(modelled=True) to go by the model"
_began = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", MARK)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure a marked test."""
    mark = item.get_closest_marker("energy")
    if mark is None:
        return (yield)
    budget_j, modelled = _wanted(mark)
    from wattline.meter.live.measurement import Measurement

    _begin(item.config, modelled)
    window = Measurement(item.nodeid).begin(nest=False)
    try:
        result = yield
    finally:
        window.end()
    _judge(item, window.energy, budget_j)
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the journal, where a test was measured."""
    if config.stash.get(_began, False):
        from wattline.meter.live.active import finish

        finish()


def _wanted(mark: pytest.Mark) -> tuple[float | None, bool]:
    """The budget in joules, and whether modelled energy counts."""
    unknown = set(mark.kwargs) - {"budget", "modelled"}
    if unknown or len(mark.args) > 1:
        raise pytest.UsageError(f"energy takes budget and modelled, not {', '.join(sorted(unknown)) or mark.args}")
    budget = mark.args[0] if mark.args else mark.kwargs.get("budget")
    if budget is None:
        return None, bool(mark.kwargs.get("modelled", False))
    from wattline.core.errors import WattlineError
    from wattline.core.quantity import parse

    try:
        return parse(budget, "J", "budget"), bool(mark.kwargs.get("modelled", False))
    except WattlineError as error:
        raise pytest.UsageError(f"energy: {error}") from None


def _begin(config: pytest.Config, modelled: bool) -> None:
    """Begin to measure; skips the test where nothing does."""
    import os
    import tempfile
    from pathlib import Path

    from wattline.meter.live import active

    if not config.stash.get(_began, False) and not os.environ.get(active.JOURNAL) and not active.is_chosen():
        folder = Path(tempfile.mkdtemp(prefix="wattline-pytest-"))
        active.metering(folder / "tests.wattline")
    config.stash[_began] = True
    session = active.active()
    if session.sampler is None:  # another process samples: what it has is known at the end
        return
    specs = [probe.sensor.spec for probe in session.sampler.probes]
    if not specs:
        pytest.skip(NO_SENSOR)
    if all(spec.modelled for spec in specs) and not modelled:
        pytest.skip(MODELLED)


def _judge(item: pytest.Item, energy: WindowEnergy, budget_j: float | None) -> None:
    """Keep the energy beside the test's result, and fail it where it is above the budget."""
    if energy.energy_j is None:
        pytest.skip(NO_SENSOR)
    item.user_properties.append(("energy_j", round(energy.energy_j, 6)))
    item.add_report_section("call", "energy", str(energy))
    if budget_j is not None and energy.energy_j > budget_j:
        from wattline.core.quantity import show

        pytest.fail(f"energy {energy} is above the budget of {show(budget_j, 'J')}", pytrace=False)
