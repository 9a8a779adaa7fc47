"""What is counted, as types that do not mix: electricity of one scope never adds to that of another.

Data centres with and without crypto-mining, their servers alone, their IT alone, AI alone and a company's total are
different quantities. Figures of one scope add up where neither holds the other's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from wattline.core.errors import WattlineError


class MixedScopes(WattlineError):
    """Electricity of different scopes, years or overlapping places was to be added up."""


@dataclass(frozen=True)
class ScopedEnergy:
    """Electricity of a year, TWh, of the places named."""

    twh: float
    year: int
    places: frozenset[str]
    words: ClassVar[str] = "electricity"

    def __post_init__(self) -> None:
        if type(self) is ScopedEnergy:
            raise MixedScopes("electricity without a scope: say what is counted")
        if self.twh < 0:
            raise WattlineError(f"{self.words}: {self.twh:g} TWh is below zero")

    def __add__(self, other: object) -> Self:
        if type(other) is not type(self):
            words = getattr(other, "words", type(other).__name__)
            raise MixedScopes(f"cannot add {words} to {self.words}: what they count differs")
        if other.year != self.year:
            raise MixedScopes(f"cannot add {self.year} and {other.year}: give figures of one year")
        if shared := self.places & other.places:
            raise MixedScopes(f"cannot add: both count {', '.join(sorted(shared))}")
        if "world" in self.places | other.places:
            raise MixedScopes("cannot add: the world holds the other already")
        return type(self)(self.twh + other.twh, self.year, self.places | other.places)

    def __radd__(self, other: object) -> Self:
        raise MixedScopes(f"cannot add {type(other).__name__} to {self.words}: add figures of one scope, two at a time")


class DataCentreEnergy(ScopedEnergy):
    """Data centres with cooling and power, without crypto-mining."""

    words = "data centres without crypto-mining"


class EnergyWithCrypto(ScopedEnergy):
    """Data centres and crypto-mining."""

    words = "data centres with crypto-mining"


class CryptoEnergy(ScopedEnergy):
    """Crypto-mining alone."""

    words = "crypto-mining alone"


class ServersOnlyEnergy(ScopedEnergy):
    """Servers with their cooling and power, without storage and network."""

    words = "servers alone"


class ItOnlyEnergy(ScopedEnergy):
    """IT without cooling and power."""

    words = "IT alone"


class AiOnlyEnergy(ScopedEnergy):
    """Servers with AI chips alone."""

    words = "AI alone"


class CompanyEnergy(ScopedEnergy):
    """All that a company uses, offices and warehouses included."""

    words = "a company's total"


SCOPES: dict[str, type[ScopedEnergy]] = {
    "dc": DataCentreEnergy, "dc+crypto": EnergyWithCrypto, "crypto": CryptoEnergy, "servers_only": ServersOnlyEnergy,
    "it_only": ItOnlyEnergy, "ai_only": AiOnlyEnergy, "company": CompanyEnergy,
}  # fmt: skip


def it_of(sites: DataCentreEnergy, pue: float) -> ItOnlyEnergy:
    """The IT's part of data centres.

    Parameters
    ----------
    sites : with cooling and power
    pue : of the sites, weighted by energy

    Returns
    -------
    Energy of the IT alone, of the same year and places.

    Raises
    ------
    WattlineError where the PUE is below 1.
    """
    if pue < 1:
        raise WattlineError(f"PUE {pue:g} is below 1")
    return ItOnlyEnergy(sites.twh / pue, sites.year, sites.places)


def with_crypto(sites: DataCentreEnergy, mining: CryptoEnergy) -> EnergyWithCrypto:
    """Data centres and crypto-mining of the same places and year: the only sum of two scopes that has a meaning.

    Parameters
    ----------
    sites, mining : of one year and the same places

    Returns
    -------
    Energy of both, of the same year and places.

    Raises
    ------
    MixedScopes where the two are of other years or places.
    """
    if sites.year != mining.year or sites.places != mining.places:
        raise MixedScopes("data centres and crypto-mining must be of one year and the same places")
    return EnergyWithCrypto(sites.twh + mining.twh, sites.year, sites.places)
