"""How long requests are: fixed, of fitted distributions, or drawn from a trace, input and output together.

Lengths are a function of how many and a random generator that gives input and output tokens, ``(n,)`` each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.traffic.trace import Ints, Traffic

Lengths = Callable[[int, np.random.Generator], tuple[Ints, Ints]]
_MAX_FITTED = 20_000
_FLOOR = 1e-3  # least variance of a logarithm: a spike of one length stays a spike of 3%


def fixed_lengths(input_tokens: int, output_tokens: int) -> Lengths:
    """Every request alike.

    Parameters
    ----------
    input_tokens, output_tokens : of every request [token]

    Returns
    -------
    What draws lengths of so many requests, all the same [token].

    Raises
    ------
    WattlineError where a number of tokens is not whole, or not from 1 to 10,000,000.
    """
    for value in (input_tokens, output_tokens):
        if not 1 <= value <= 10_000_000 or int(value) != value:
            raise WattlineError(f"traffic: {value!r} tokens a request; give whole numbers, 1 to 10,000,000")
    return lambda count, rng: (np.full(count, input_tokens, np.int64), np.full(count, output_tokens, np.int64))


def resampled_lengths(traffic: Traffic) -> Lengths:
    """Pairs of input and output out of a trace, each as likely as any other. Raises WattlineError for a trace without a
    request."""
    if not len(traffic):
        raise WattlineError("traffic: an empty trace has no lengths to draw")

    def draw(count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        index = rng.integers(0, len(traffic), count)
        return traffic.input_tokens[index], traffic.output_tokens[index]

    return draw


@dataclass(frozen=True, eq=False)
class LengthFit:
    """A mixture of lognormals of input and output together; to be called as ``Lengths``.

    ``weight`` (k,); ``mean`` (k, 2) and ``covariance`` (k, 2, 2) of the natural logarithms; ``most``: the longest
    input and output, to which draws are cut.
    """

    weight: Array
    mean: Array
    covariance: Array
    most: tuple[int, int]

    def __call__(self, count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        part = rng.choice(self.weight.size, size=count, p=self.weight)
        root = np.linalg.cholesky(self.covariance)
        log = self.mean[part] + np.einsum("nij,nj->ni", root[part], rng.standard_normal((count, 2)))
        tokens = np.rint(np.exp(np.minimum(log, np.log(self.most)))).astype(np.int64)
        given, made = np.maximum(tokens, 1).T
        return np.ascontiguousarray(given), np.ascontiguousarray(made)


def lognormal_lengths(
    input_median: float,
    input_sigma: float,
    output_median: float,
    output_sigma: float,
    correlation: float = 0.0,
    most: tuple[int, int] = (1_000_000, 1_000_000),
) -> LengthFit:
    """One lognormal: medians in tokens, deviations and correlation of the natural logarithms. Raises WattlineError for
    medians below one token, and sigmas or a correlation out of bounds.

    Parameters
    ----------
    input_median, output_median : tokens of prompts and of answers
    input_sigma, output_sigma : deviations of their natural logarithms, 0 to 5
    correlation : of the logarithms, -0.99 to 0.99
    most : tokens of the longest prompt and answer

    Returns the mixture, of one part.
    """
    spread = np.array([input_sigma, output_sigma], float)
    ok = min(input_median, output_median) >= 1 and np.all((spread >= 0) & (spread <= 5)) and abs(correlation) <= 0.99
    if not ok:
        raise WattlineError("traffic: lengths need medians of 1 or more, sigmas of 0 to 5, a correlation within 0.99")
    spread = np.maximum(spread, 1e-9)
    covariance = np.outer(spread, spread) * np.array([[1.0, correlation], [correlation, 1.0]])
    return LengthFit(np.ones(1), np.log([[input_median, output_median]]), covariance[None], most)


def fit_lengths(traffic: Traffic, parts: int | None = None, seed: int = 0) -> LengthFit:
    """The mixture of lognormals that says most of a trace's lengths: 1 to 6 ``parts``, by Bayes' criterion if not told.

    Expectation and maximisation on up to 20,000 requests; parts are added for as long as they pay. Raises WattlineError
    for fewer than two requests, and more parts than requests.

    Parameters
    ----------
    traffic : whose lengths are fitted
    parts : of the mixture; None for as many as pay
    seed : of the choice of requests and of where the fit begins

    Returns the mixture.
    """
    if len(traffic) < 2:
        raise WattlineError(f"traffic: {len(traffic)} requests are too few to fit lengths to; 2 or more")
    rng = np.random.default_rng(seed)
    log = np.log(np.stack([traffic.input_tokens, traffic.output_tokens], axis=1).astype(float))
    if len(log) > _MAX_FITTED:
        log = log[rng.choice(len(log), _MAX_FITTED, replace=False)]
    best: tuple[float, LengthFit] | None = None
    most = (int(traffic.input_tokens.max()), int(traffic.output_tokens.max()))
    for count in range(1, 7) if parts is None else (parts,):
        if not 1 <= count <= len(log):
            raise WattlineError(f"traffic: {count} parts of a mixture for {len(log)} requests")
        fit, likelihood = _maximise(log, count, most)
        score = likelihood - 0.5 * (6 * count - 1) * np.log(len(log))
        if best is not None and score <= best[0]:
            break
        best = (score, fit)
    assert best is not None
    return best[1]


def _maximise(log: Array, count: int, most: tuple[int, int]) -> tuple[LengthFit, float]:
    """Weights, means and covariances by EM from a cut along the input's order; and the log likelihood."""
    rank = np.argsort(np.argsort(log[:, 0] + log[:, 1], kind="stable"), kind="stable")
    share = np.zeros((len(log), count))
    share[np.arange(len(log)), rank * count // len(log)] = 1.0
    before = -np.inf
    for _ in range(200):
        weight = share.sum(axis=0) / len(log)
        total = np.maximum(share.sum(axis=0), 1e-9)
        mean = share.T @ log / total[:, None]
        off = log[:, None, :] - mean
        covariance = np.array([[(share * off[..., i] * off[..., j]).sum(0) for j in (0, 1)] for i in (0, 1)])
        covariance = covariance.transpose(2, 0, 1) / total[:, None, None] + _FLOOR * np.eye(2)
        first, second, cross = covariance[:, 0, 0], covariance[:, 1, 1], covariance[:, 0, 1]
        size = first * second - cross**2
        distance = (second * off[..., 0] ** 2 - 2 * cross * off[..., 0] * off[..., 1] + first * off[..., 1] ** 2) / size
        density = -0.5 * (distance + np.log(size)) - np.log(2 * np.pi)
        density += np.log(np.maximum(weight, 1e-300))
        top = density.max(axis=1, keepdims=True)
        whole = top[:, 0] + np.log(np.exp(density - top).sum(axis=1))
        share = np.exp(density - whole[:, None])
        now = float(whole.sum())
        if now - before < 1e-6 * abs(now):
            break
        before = now
    return LengthFit(weight / weight.sum(), mean, covariance, most), now
