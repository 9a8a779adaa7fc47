"""What the outlook rests on as facts that can be looked up: its stock, the published figures and forecasts."""

from __future__ import annotations

from collections.abc import Iterator

from wattline.core.fact import Fact, Source
from wattline.line.world.places import slug
from wattline.line.world.power import TWH_PER_GW
from wattline.line.world.published import published_capacities, published_figures
from wattline.line.world.scorecard import published_forecasts
from wattline.line.world.tables import stock_facts


def world_facts() -> Iterator[tuple[str, Fact]]:
    """Every fact of the outlook, with the words of what it is of.

    Returns
    -------
    Title and fact, in the order of their tables; the key of a figure ends in its year, who published it and when.
    """
    for (quantity, scope, segment), known in stock_facts().items():
        title = ", ".join([quantity.replace("-", " ").capitalize(), scope, *([segment] if segment != "all" else [])])
        for fact in known.facts:
            yield title, fact
    for row in published_figures():
        key = f"world.published-{row.series}.{row.year}-{_plain(row.publisher)}-{row.published}"
        words = f"electricity of {row.series.replace('_', ' ')} in {row.year}"
        note = f"{row.kind.replace('_', ' ')}, edition of {row.published}"
        yield f"Published electricity of {row.series.replace('_', ' ')}", _figure(key, row.twh, row.source, note, words)
    for row in published_capacities():
        key = f"world.capacity-{row.series}.{row.year}-{_plain(row.publisher)}-{row.published}"
        gw, words = row.twh / TWH_PER_GW, f"capacity of data centres of {row.series.replace('_', ' ')} in {row.year}"
        fact = Fact(key, gw, gw, gw, "GW", Source(row.source), basis="second hand", name=words)
        yield f"Capacity of data centres of {row.series.replace('_', ' ')}", fact
    for forecast in published_forecasts():
        key = f"world.forecast-{forecast.region}.{forecast.year}-{_plain(forecast.forecaster)}-{forecast.published}"
        words = f"electricity of {forecast.region.replace('_', ' ')} in {forecast.year}, as forecast"
        note = f"forecast of {forecast.published}"
        title = f"Forecasts of the electricity of {forecast.region.replace('_', ' ')}"
        yield title, _figure(key, forecast.twh, forecast.forecaster, note, words)


def _figure(key: str, twh: float, source: str, note: str, words: str) -> Fact:
    return Fact(key, twh, twh, twh, "TWh", Source(source), note=note, basis="second hand", name=words)


def _plain(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in slug(name).replace("_", " ")).split())
