"""What published figures tell of the electricity behind them: paths of places and companies, and publishers' biases.

All in logarithms, where it is linear and Gaussian, so that the posterior is exact. The path of a place is the world's
common path, which its kin share in part, and its own: growth that persists and reverts (an Ornstein-Uhlenbeck process,
added up over the years) about a level. A figure is the path, the bias of its publisher for this place, a bias that
publishers share who buy the same data, that of its edition, and what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.algebra import counted_from, lower_root, same, solve_lower, times
from wattline.line.world.counts import counts_covariance, without_crypto
from wattline.line.world.figures import Figures
from wattline.line.world.growth import FIRST, YEARS, Years, growth_paths
from wattline.line.world.parts import part_shares
from wattline.line.world.path_model import PathModel
from wattline.line.world.places import Place, log_over_world, place_of, wide_places
from wattline.line.world.published import PublishedFigure
from wattline.line.world.tables import stated_number, stated_year

NO_YEARS = 0.01  # growth that does not persist
SHARED = ("bottom_up", "forecast")  # count from bought figures of shipments
EXTRAPOLATED = ("extrapolation",)  # carry a few figures on, which has run high or low for all of them together


class Paths:
    """Means and covariances of paths and figures under a ``PathModel``, before any figure is known.

    Parameters
    ----------
    model : the coefficients
    growth : mean growth by year, shape ``(len(YEARS),)``, by group or name of place, where the stock tells it; the
        model's elsewhere
    levels : logarithm of TWh by year, shape ``(len(YEARS),)``, by name of a company whose spending tells it
    company_year : in which companies' levels are known best; by default that of ``company-level``
    capacities : of places, which every posterior takes in beside its figures
    """

    def __init__(
        self, model: PathModel, growth: Mapping[str, Array] | None = None, levels: Mapping[str, Array] | None = None,
        company_year: int | None = None, capacities: Sequence[PublishedFigure] = (),
    ) -> None:  # fmt: skip
        self.model, self.levels, self.capacities = model, levels or {}, tuple(capacities)
        self.risen = {name: np.cumsum(values) for name, values in (growth or {}).items()}
        self.steady = np.cumsum(np.full(len(YEARS), model.growth))
        self.common = (
            growth_paths(model.common_sd, model.common_years, model.growth_sd) + stated_number("common-level-sd") ** 2
        )
        self.steps = growth_paths(model.place_step_sd, NO_YEARS, 0.0)
        self.own = counted_from(
            growth_paths(model.place_sd, model.place_years, model.place_growth_sd), stated_year("level-year") - FIRST
        )  # what a place's electricity tells is its level of that year: there its own growth leaves nothing open
        self.grouped = growth_paths(model.group_sd, model.group_years, model.group_growth_sd)
        self.company = counted_from(
            growth_paths(model.company_sd, model.company_years, model.company_growth_sd),
            (stated_year("company-year") if company_year is None else company_year) - FIRST,
        )

    def mean(self, place: Place, year: Years) -> Array:
        """Mean of a place's path at indices of ``YEARS``.

        Parameters
        ----------
        place : a place or a company
        year : indices of ``YEARS``, any shape

        Returns the logarithm of TWh, of the shape of ``year``.
        """
        model = self.model
        if place.name in self.levels:
            return np.asarray(self.levels[place.name][year])
        if place.company:
            since = year + FIRST - stated_year("company-year")
            return np.asarray(np.log(model.company_level) + model.company_growth * since)
        risen = self.risen.get(place.kin_name, self.risen.get(place.group, self.steady))
        world = place_of("world").consumption_twh
        size = np.log(model.level * world) + model.exponent * np.log(place.consumption_twh / world)
        size += model.income * log_over_world(place, "income_usd")
        return np.asarray(size + risen[year] - risen[stated_year("level-year") - FIRST])

    def covariance(self, places: Sequence[Place], year: Years, others: Sequence[Place], other_year: Years) -> Array:
        """Covariance of paths at (place, year) with those at (other, other_year).

        Parameters
        ----------
        places, others : whose paths they are
        year, other_year : indices of ``YEARS``

        Returns the covariance, shape ``(n_places, n_others)``, of the logarithm of TWh.
        """
        model = self.model
        company = same([p.company for p in places], [p.company for p in others])
        firm = np.array([[p.company for p in places]]).T & company
        name = same([p.name for p in places], [p.name for p in others])
        kin = same([p.kin_name for p in places], [p.kin_name for p in others])
        group = same([p.group for p in places], [p.group for p in others])
        area = same([p.area for p in places], [p.area for p in others])
        pick = np.ix_(year, other_year)
        rich, other_rich = (np.array([log_over_world(p, "income_usd") for p in each]) for each in (places, others))
        heavy, other_heavy = (np.array([log_over_world(p, "intensity") for p in each]) for each in (places, others))
        size, other_size = (np.array([model.size(p) for p in each]) for each in (places, others))
        own = self.steps[pick] + self.own[pick] * size[:, None] * other_size[None, :]
        grows, level = stated_number("kin-growth"), stated_number("kin-level")
        of_place = (
            self.common[pick]
            + kin * (grows * own + level * model.level_sd**2)
            + name * ((1 - grows) * own + (1 - level) * model.level_sd**2)
            + group * ((1 - model.area_share) * model.kin_sd**2 + self.grouped[pick])
            + area * (model.area_share * model.kin_sd**2)
            + model.income_sd**2 * np.outer(rich, other_rich)
            + model.intensity_sd**2 * np.outer(heavy, other_heavy)
        )
        if not firm.any():
            return np.where(company, of_place, 0.0)
        ends = (self._firms(each) for each in (places, others))
        (own_level, kin_level, spread), (other_level, other_kin, other_spread) = ends
        own = name * (np.outer(spread, other_spread) * self.company[pick] + np.outer(own_level, other_level))
        return np.where(company, np.where(firm, own + np.outer(kin_level, other_kin), of_place), 0.0)

    def _firms(self, places: Sequence[Place]) -> tuple[Array, Array, Array]:
        """Of each company the spread of its level, its own and what all share, and of its growth over the usual."""
        model = self.model
        known = np.array([p.name in self.levels for p in places], bool)
        level = np.where(known, model.spending_sd, model.company_level_sd)
        kin = np.where(known, model.spending_kin_sd, model.company_kin_sd)
        return level, kin, np.array([model.landlord_spread if p.group == "landlord" else 1.0 for p in places])

    def bias(self, figures: Figures, others: Figures) -> Array:
        """Covariance of the publishers' biases, shared ones included, and of what they count, of figures with others.

        Parameters
        ----------
        figures, others : published figures

        Returns covariance of logarithms, shape ``(n_figures, n_others)``.
        """
        model = self.model
        kin = same([p.kin_name for p in figures.places], [p.kin_name for p in others.places])
        publisher = same([r.publisher for r in figures.rows], [r.publisher for r in others.rows])
        edition = same([r.published for r in figures.rows], [r.published for r in others.rows])
        sd = np.array([self.figure_sd(p, r.kind) for p, r in zip(figures.places, figures.rows, strict=True)])
        sd_other = np.array([self.figure_sd(p, r.kind) for p, r in zip(others.places, others.rows, strict=True)])
        of_edition = np.minimum(sd, figures.edition_sd(model))
        of_other = np.minimum(sd_other, others.edition_sd(model))
        same_edition = of_edition[:, None] * of_other[None, :] * edition
        of_publisher = kin * publisher * (sd[:, None] * sd_other[None, :] + same_edition)
        everywhere = (stated_number("bias-elsewhere") * sd[:, None] * sd_other[None, :]) * publisher * ~kin
        shared = sum(
            of_kind**2 * np.outer(figures.counted_by(kinds), others.counted_by(kinds))
            for kinds, of_kind in ((SHARED, model.shared_sd), (EXTRAPOLATED, model.extrapolated_sd))
        )
        counted = counts_covariance(figures.places, figures.scopes, others.places, others.scopes)
        return np.asarray(of_publisher + everywhere + shared + counted)

    def counted(self, figures: Figures) -> Array:
        """Covariance of figures with each other: of their paths, their publishers' biases, and what is left of each.

        Parameters
        ----------
        figures : published figures

        Returns covariance of logarithms, shape ``(n_figures, n_figures)``.
        """
        total = self.covariance(figures.places, figures.year, figures.places, figures.year)
        total += self.bias(figures, figures)
        total[np.diag_indices(len(figures.rows))] += [self.model.noise(row.kind) ** 2 for row in figures.rows]
        return total

    def figure_sd(self, place: Place, kind: str) -> float:
        """Standard deviation of the bias of a figure: meters have next to none.

        Parameters
        ----------
        place : that the figure is of
        kind : how it was found, such as ``metered``

        Returns it in logarithms.
        """
        if kind == "metered":
            return self.model.metered_sd
        return self.model.publisher_sd(place)


class Posterior:
    """Paths after figures are known.

    Parameters
    ----------
    paths : before them
    rows : the figures
    """

    def __init__(self, paths: Paths, rows: Sequence[PublishedFigure]) -> None:
        rows = (*rows, *paths.capacities)
        self.paths, self.figures = paths, Figures.of(rows, paths.model)
        figures = self.figures
        self.residual = figures.log_twh - self._mean(figures)
        self.factor = lower_root(paths.counted(figures)) if rows else np.zeros((0, 0))
        self.whitened = self._solve(self.residual)

    def _mean(self, figures: Figures) -> Array:
        pairs = zip(figures.places, figures.year, strict=True)
        path = np.array([float(self.paths.mean(place, np.asarray(year))) for place, year in pairs])
        return path + figures.over_all if len(path) else path

    def _solve(self, values: Array) -> Array:
        return solve_lower(self.factor, values) if len(self.factor) else values

    @property
    def log_evidence(self) -> float:
        """Logarithm of the density of the figures."""
        logs = np.log(np.diag(self.factor)).sum() + 0.5 * len(self.residual) * np.log(2 * np.pi)
        return float(-0.5 * self.whitened @ self.whitened - logs)

    def predict(
        self, places: Sequence[Place], year: Years, counted: bool = True, new_publisher: bool = False,
        of: Sequence[PublishedFigure] = (), scope: str | None = None,
    ) -> tuple[Array, Array]:  # fmt: skip
        """Mean and covariance of the logarithm of TWh at (place, year).

        Parameters
        ----------
        places, year : of one length; years as indices of ``YEARS``
        counted : as a later study would put it, with its bias; else the path that studies share
        new_publisher : by one that has published no figure yet
        of : figures, one a place, whose publisher, edition and kind are known before they are; by default they are not
        scope : what the next figures count, of ``counts.COUNTS``; as the newest of their place by default

        Returns
        -------
        Shapes ``(n,)`` and ``(n, n)``.
        """
        paths, figures, parts = self.paths, self.figures, part_shares(places, year)
        places = [place.whole or place for place in places]
        prior = np.array([float(paths.mean(p, np.asarray(y))) for p, y in zip(places, year, strict=True)])
        cross = paths.covariance(places, year, figures.places, figures.year)
        spread = paths.covariance(places, year, places, year)
        if counted:
            pairs = list(zip(places, year, strict=True))
            later = tuple(of) or tuple(self._next_figure(place, int(y), new_publisher) for place, y in pairs)
            later = later if scope is None else tuple(replace(row, scope=scope) for row in later)
            new = Figures(later, tuple(places), figures.steadiness)
            keep = np.array([1.0 if of else self._keep(p, row.publisher) for p, row in zip(places, later, strict=True)])
            cross = cross + keep[:, None] * paths.bias(new, figures)
            prior, spread = prior + new.over_all, spread + paths.bias(new, new)
            noise = np.array([paths.model.noise(row.kind) for row in later])
            spread = spread + same(places, places) * noise[:, None] * noise[None, :]
        half = self._solve(cross.T)
        middle, rest = prior + np.einsum("ij,i->j", half, self.whitened), spread - times(half.T, half)
        return middle + parts[0], rest + parts[1]

    def _keep(self, place: Place, publisher: str) -> float:
        """How far the next figure shares the bias of the newest: the more figures its publisher has of the place, and
        more yet of a country where no other has any."""
        if place.company:
            return 1.0
        pairs = zip(self.figures.rows, self.figures.places, strict=True)
        publishers = [row.publisher for row, p in pairs if p.name == place.name and row.electricity]
        count = publishers.count(publisher)
        alone = count == len(publishers) and place.name not in wide_places()
        return count / (count + self.paths.model.others / (count if alone else 1)) if count else 0.0

    def next_scope(self, place: Place) -> str:
        """What the next figure of a place counts: what its newest publisher has counted, without crypto-mining.

        Parameters
        ----------
        place : a place or company

        Returns a mark of ``counts.COUNTS``.
        """
        return self._next_figure(place, 0, False).scope

    def _next_figure(self, place: Place, year: int, new_publisher: bool) -> PublishedFigure:
        """A figure such as the next one will be: from a meter where there is one, else by the newest publisher, who
        counts what it has counted."""
        pairs = zip(self.figures.rows, self.figures.places, strict=True)
        known = [row for row, p in pairs if p.name == place.name and row.electricity]
        if not known or new_publisher:
            return PublishedFigure(place.name, year, 1.0, "company_reported" if place.company else "top_down", 0, "")
        metered = [row for row in known if row.kind == "metered"]
        newest = max(metered or known, key=lambda row: (row.published, row.year))
        kind = newest.kind if newest.kind in ("metered", "company_reported") else "bottom_up"
        return PublishedFigure(place.name, year, 1.0, kind, 0, newest.publisher, scope=without_crypto(newest.scope))
