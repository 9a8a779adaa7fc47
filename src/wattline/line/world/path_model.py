"""The coefficients of paths and of published figures about them."""

from __future__ import annotations

from dataclasses import dataclass

from wattline.line.world.places import Place

LARGE_TWH = 500.0  # electricity of a place whose own growth spreads as the coefficients say


@dataclass(frozen=True)
class PathModel:
    """``sd`` in logarithms, growth a year; ``catalog/world/coefficients.csv`` has those that are fitted."""

    growth: float = 0.055
    growth_sd: float = 0.035
    common_sd: float = 0.055
    common_years: float = 5.0
    place_sd: float = 0.045
    place_years: float = 3.5
    place_growth_sd: float = 0.025
    level: float = 0.015
    exponent: float = 0.9
    level_sd: float = 0.7
    kin_sd: float = 0.6
    company_growth: float = 0.22
    company_growth_sd: float = 0.06
    company_sd: float = 0.075
    company_years: float = 3.0
    company_level: float = 3.0
    company_level_sd: float = 1.0
    company_kin_sd: float = 0.8
    spending_sd: float = 0.35
    spending_kin_sd: float = 0.2
    landlord_spread: float = 0.6
    area_share: float = 0.6
    world_scatter: float = 0.21
    us_scatter: float = 0.145
    china_scatter: float = 0.57
    scatter: float = 0.28
    shared_sd: float = 0.08
    extrapolated_sd: float = 0.15
    others: float = 1.0
    edition_sd: float = 0.13
    national_edition_sd: float = 0.08
    place_step_sd: float = 0.05
    size_exponent: float = 0.35
    group_sd: float = 0.02
    group_years: float = 6.0
    group_growth_sd: float = 0.01
    metered_sd: float = 0.01
    company_noise_sd: float = 0.04
    bottom_up_sd: float = 0.05
    top_down_sd: float = 0.08
    extrapolation_sd: float = 0.3
    forecast_sd: float = 0.15

    def noise(self, kind: str) -> float:
        """Standard deviation of what is left of a figure of this kind."""
        return float(getattr(self, "company_noise_sd" if kind == "company_reported" else f"{kind}_sd"))

    def size(self, place: Place) -> float:
        """How much wider the growth of a place spreads than that of a large one: a few sites make a small one's."""
        if place.company or not place.consumption_twh:
            return 1.0
        return float(max(LARGE_TWH / place.consumption_twh, 1.0) ** self.size_exponent)

    def edition(self, place: Place) -> float:
        """Standard deviation between a publisher's editions: those of one country's own office revise less."""
        if place.company:
            return 0.0
        return self.edition_sd if place.kin_name in ("world", "us", "china") else self.national_edition_sd

    def publisher_sd(self, place: Place) -> float:
        """Standard deviation of publishers about a place's path."""
        if place.company:
            return self.company_noise_sd
        return {"world": self.world_scatter, "us": self.us_scatter, "china": self.china_scatter}.get(
            place.kin_name, self.scatter
        )
