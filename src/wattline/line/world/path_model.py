"""The coefficients of paths and of published figures about them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from wattline.line.world.places import SEVERAL_BORDERS, Place
from wattline.line.world.tables import stated_number


@dataclass(frozen=True)
class PathModel:
    """``sd`` in logarithms, growth a year; what each is stands in ``catalog/world/stock.csv``, as ``path``."""

    growth: float
    growth_sd: float
    common_sd: float
    common_years: float
    place_sd: float
    place_years: float
    place_growth_sd: float
    level: float
    exponent: float
    income: float
    income_sd: float
    intensity_sd: float
    level_sd: float
    kin_sd: float
    company_growth: float
    company_growth_sd: float
    company_sd: float
    company_years: float
    company_level: float
    company_level_sd: float
    company_kin_sd: float
    spending_sd: float
    spending_kin_sd: float
    landlord_spread: float
    area_share: float
    world_scatter: float
    us_scatter: float
    china_scatter: float
    scatter: float
    shared_sd: float
    extrapolated_sd: float
    others: float
    edition_sd: float
    national_edition_sd: float
    wide_edition_sd: float
    place_step_sd: float
    size_exponent: float
    group_sd: float
    group_years: float
    group_growth_sd: float
    metered_sd: float
    company_noise_sd: float
    bottom_up_sd: float
    top_down_sd: float
    extrapolation_sd: float
    forecast_sd: float
    capacity_sd: float

    def noise(self, kind: str) -> float:
        """Standard deviation of what is left of a figure of this kind."""
        return float(getattr(self, "company_noise_sd" if kind == "company_reported" else f"{kind}_sd"))

    def size(self, place: Place) -> float:
        """How much wider the growth of a place spreads than that of a large one: a few sites make a small one's."""
        if place.company or not place.consumption_twh:
            return 1.0
        return float(max(stated_number("large-place") / place.consumption_twh, 1.0) ** self.size_exponent)

    def edition(self, place: Place) -> float:
        """Standard deviation between a publisher's editions: those of one country's own office revise less, those
        of a part of the world whose borders move from one to the next more."""
        if place.company:
            return 0.0
        if place.kin_name in SEVERAL_BORDERS:
            return self.wide_edition_sd
        return self.edition_sd if place.kin_name in ("world", "us", "china") else self.national_edition_sd

    def publisher_sd(self, place: Place) -> float:
        """Standard deviation of publishers about a place's path."""
        if place.company:
            return self.company_noise_sd
        return {"world": self.world_scatter, "us": self.us_scatter, "china": self.china_scatter}.get(
            place.kin_name, self.scatter
        )


@lru_cache(maxsize=1)
def stated_model() -> PathModel:
    """The coefficients as they are stated before any fit."""
    return PathModel(**{field.name: stated_number(field.name.replace("_", "-")) for field in fields(PathModel)})
