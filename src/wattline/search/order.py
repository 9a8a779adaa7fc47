"""In which order a search takes its set-ups: by what they are guessed to take, the fastest of a family first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wattline.search.bounds import Bound
from wattline.search.misses import family, speed
from wattline.search.setup import Candidate


def in_families(bounds: Sequence[Bound]) -> list[Bound]:
    """In the order of what the best of a family is guessed to take; the one without a power limit comes first."""
    best: dict[Candidate, float] = {}
    for bound in bounds:
        key = family(bound.setup)
        best[key] = min(bound.guess_j, best.get(key, bound.guess_j))
    return sorted(bounds, key=lambda b: (best[family(b.setup)], -speed(b.setup), b.guess_j))


def possible_twins(bounds: Sequence[Bound]) -> list[list[Bound]]:
    """Set-ups that differ in their limit of sequences alone, the largest first: most often that one never binds."""
    groups: dict[Candidate, list[Bound]] = {}
    for bound in bounds:
        groups.setdefault(replace(bound.setup.bare(), max_num_seqs=0), []).append(bound)
    return [sorted(group, key=lambda b: -b.setup.max_num_seqs) for group in groups.values()]


def first_of_families(bounds: Sequence[Bound], begun: set[Candidate]) -> list[Bound]:
    """The fastest of each family, and all of those whose fastest was tried.

    Parameters
    ----------
    bounds : of the set-ups that are left, the fastest of a family before the others
    begun : families whose fastest was tried

    Returns those that may be tried now, in their order.
    """
    firsts, seen = [], set(begun)
    for bound in bounds:
        key = family(bound.setup)
        if key in begun or key not in seen:
            firsts.append(bound)
        seen.add(key)
    return firsts
