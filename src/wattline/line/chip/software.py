"""The serving software's part in time: kernels and launches beside those that the chip model was fitted to, and what a
request waits for before and after its steps.

The coefficients of a step (``coefficients.py``) were fitted to vLLM 0.11. Other engines, and later versions, run the
same operations with other kernels, fewer launches and a host that prepares a step while the chips still run the last.
Two factors say how much: ``kernel_time`` for all but routed experts, of the engine and of those versions that were
measured; ``expert_time`` for those whose products the chip computes in the engine's own kernels, which are written for
each number format apart. Bytes and FLOPs stay as they are, and with them their joules; a reachable rate
never passes ``fit.operation-largest-rate`` of the nameplate. The facts are made by ``wattline calibrate serving``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.work.flops import BYTES

RATES = ("memory_efficiency", "wide_efficiency", "narrow_efficiency", "cache_efficiency", "attention_efficiency",
         "prompt_attention_efficiency", "link_efficiency")  # fmt: skip
WAITS = ("launch_s", "attention_launch_s", "all_reduce_s", "host_s", "host_per_sequence_s", "mixed_layer_s")
EXPERT_WAITS = ("expert_launch_s", "foreign_expert_s")
NAMES = {
    "kernel-time": ("time of kernels and launches beside vLLM 0.11's", ""),
    "expert-time": ("time of routed experts beside vLLM 0.11's", ""),
    "front-s": ("from a request's sending to its prompt's first step, and from a token to its reader", "s"),
    "held-steps": ("steps of decoding that a request waits to be seen, or its first token to be sent", ""),
    "prompt-layer-s": ("host's time for a sub-layer of a prompt's first step, which no graph replays", "s"),
    "prompt-token-s": ("host's time for each token of a prompt before its first step: tokenising, passing on", "s"),
    "rank-padding": ("tokens that each of several ranks computes beside the fullest one's; 0 for its own alone", ""),
    "rank-balance": ("whether ranks wait to read their prompts together", ""),
    "rank-wait-steps": ("steps that a request waits for the ranks to read together, where there are several", ""),
    "host-s": ("host's time of a step, beside vLLM 0.11's", "s"),
    "host-sequence-s": ("host's time for each sequence of a step, beside vLLM 0.11's", "s"),
    "parallel-layer-s": ("host's time for a sub-layer that is split over chips", "s"),
    "host-power": ("power of a chip that waits for the host, beyond static, as a fraction of TDP", ""),
    "waiting-slots": ("of the requests that a server is started for, those that wait for a place", ""),
}
PLAIN = {"kernel-time": 1.0, "expert-time": 1.0}  # the software that the chip model knows; the rest is nothing


@dataclass(frozen=True)
class Software:
    """An engine on one generation of chips; see ``NAMES``. ``greedy``: tokens are taken without sorting the logits."""

    name: str
    kernel_time: float = 1.0
    expert_time: float = 1.0
    front_s: float = 0.0
    held_steps: float = 0.0
    prompt_layer_s: float = 0.0
    prompt_token_s: float = 0.0
    rank_padding: float = 0.0
    rank_balance: float = 0.0
    rank_wait_steps: float = 0.0
    host_s: float = 0.0
    host_sequence_s: float = 0.0
    parallel_layer_s: float = 0.0
    host_power: float = 0.0
    waiting_slots: int = 0
    greedy: bool = False
    format_expert_time: tuple[tuple[str, float], ...] = ()  # ``expert_time`` of formats that were measured

    def in_format(self, precision: str) -> Software:
        """The same for experts in this number format, a key of ``BYTES``: their kernels are written for each apart."""
        return replace(self, expert_time=dict(self.format_expert_time).get(precision, self.expert_time))

    def among(self, ranks: int) -> Software:
        """The same, where so many groups of chips split the requests' attention."""
        return replace(self, held_steps=self.held_steps + self.rank_wait_steps) if ranks > 1 else self


def load_software(
    name: str, generation: str, draws: Draws, *, family: str = "", chip: str = "", greedy: bool = False
) -> Software:
    """``vllm-0.19`` on ``blackwell``; what is not known of a version is taken from its engine.

    ``family``: of the model, ``chip``: its name; servers are set up by model and chip, and where one was measured, it
    has a front end of its own.

    Parameters
    ----------
    name : engine, or engine and version
    generation : of the chip, as the catalog has it, such as ``hopper``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    family : family of the model
    chip : its name
    greedy : whether a prompt takes all tokens of a step that are left

    Returns
    -------
    The engine's numbers, each of shape ``(n_draws,)``.

    Raises WattlineError for an engine that the catalog does not know.
    """
    if name.partition("-")[0] not in engines(draws.catalog):
        raise WattlineError(
            f"engine {name!r} is not in the catalog; take one of {', '.join(engines(draws.catalog))}, or NAME-VERSION"
        )
    values = {what.replace("-", "_"): _known(what, name, (chip, generation), family, draws) for what in NAMES}
    values["waiting_slots"] = int(values["waiting_slots"])
    return Software(name, **values, greedy=greedy, format_expert_time=_by_format(name, generation, draws))


def own_padding(draws: Draws) -> Array:
    """``rank_padding`` of the software that the chip model knows, shape ``(n_draws,)``.

    Parameters
    ----------
    draws : draws of the facts

    Returns
    -------
    Draws of that fact.
    """
    return np.asarray(draws("fit.software-rank-padding-vllm-0.11", ""))


def rank_facts(name: str, generation: str, draws: Draws) -> dict[str, float]:
    """What an engine does with ranks that split the requests' attention, as fields of ``Software``.

    Parameters
    ----------
    name : the engine, such as ``trtllm-1.0``
    generation : of the chips
    draws : draws of the facts

    Returns
    -------
    A field's name -> its central value.
    """
    names = [what for what in NAMES if what.startswith("rank-")]
    return {what.replace("-", "_"): _known(what, name, ("", generation), "", draws) for what in names}


def waiting_slots(name: str, generation: str, family: str, draws: Draws) -> int:
    """Of a server set up for so many requests at once, the places that stay empty.

    Parameters
    ----------
    name : the engine, such as ``trtllm-1.0``
    generation, family : of the chips, of the model
    draws : draws of the facts

    Returns
    -------
    Number of places, 0 and more.
    """
    return int(_known("waiting-slots", name, ("", generation), family, draws))


def _known(what: str, name: str, where: tuple[str, str], family: str, draws: Draws) -> Any:
    """``where``: the chip and its generation."""
    records, engine = draws.catalog.records("fit"), name.partition("-")[0]
    chip, generation = where
    own = (f"{name}-{chip}-{family}", f"{name}-{generation}-{family}")
    # of a generation on which it was never measured: what it takes on the others
    for key in (*own, f"{name}-{generation}", f"{engine}-{generation}", name, engine):
        if f"software-{what}-{key}" in records:
            return float(np.mean(draws(f"fit.software-{what}-{key}", NAMES[what][1])))
    return PLAIN.get(what, 0.0)


def _by_format(name: str, generation: str, draws: Draws) -> tuple[tuple[str, float], ...]:
    """What an engine's experts take in each format that was measured; nothing for a version with an own figure."""
    records, engine = draws.catalog.records("fit"), name.partition("-")[0]
    head = "software-expert-time-"
    if name != engine and (f"{head}{name}" in records or f"{head}{name}-{generation}" in records):
        return ()
    keys = {form: f"{head}{engine}-{generation}-{form}" for form in BYTES}
    return tuple((form, float(np.mean(draws(f"fit.{key}", "")))) for form, key in keys.items() if key in records)


def engines(catalog: Catalog) -> list[str]:
    """Engines by name, without versions."""
    return list(_engines(catalog))


@lru_cache(maxsize=16)
def _engines(catalog: Catalog) -> tuple[str, ...]:
    head = "software-front-s-"
    names = {key.removeprefix(head).partition("-")[0] for key in catalog.records("fit") if key.startswith(head)}
    return tuple(sorted(names))


def own_experts(chip: Chip, precision: str) -> bool:
    """Whether experts run in kernels that engines write themselves: narrow products, and all on chips with FP4.

    Parameters
    ----------
    chip : type of chip
    precision : number format, a key of ``BYTES``

    Returns
    -------
    True where they do.
    """
    return computes_narrow(chip, precision) or "fp4_flops" in chip.record.facts


def with_software(fit: Coefficients, soft: Software, own: Any = True) -> Coefficients:
    """The coefficients of a step under this software.

    Parameters
    ----------
    fit : coefficients of a step
    soft : the engine
    own : whether ``expert_time`` holds for its experts

    Returns
    -------
    The same coefficients, those that the software changes among them.
    """
    faster = with_factors(fit, soft.kernel_time, soft.expert_time, own, soft.greedy)
    return replace(
        faster,
        host_s=faster.host_s + soft.host_s,
        host_per_sequence_s=faster.host_per_sequence_s + soft.host_sequence_s,
        parallel_layer_s=np.asarray(soft.parallel_layer_s),
        host_power=np.asarray(soft.host_power),
    )


def with_factors(fit: Coefficients, kernel_time: Any, expert_time: Any, own: Any, greedy: bool) -> Coefficients:
    """The same from bare factors, scalars or arrays over configurations.

    Parameters
    ----------
    fit : coefficients of the software that they were fitted to
    kernel_time, expert_time : time of kernels and launches, and of routed experts, beside that software's
    own : whether ``expert_time`` holds for these experts; scalar or an array over configurations
    greedy : whether tokens are taken without sorting the logits

    Returns
    -------
    The same coefficients, those of kernels changed by the factors.
    """
    new: dict[str, Any] = {}
    for name in RATES:
        rate = getattr(fit, name)
        new[name] = np.minimum(rate / kernel_time, np.maximum(fit.kernels.largest_rate, rate))
    for name in WAITS:
        new[name] = getattr(fit, name) * kernel_time
    experts = np.where(own, expert_time, kernel_time)
    # expert products go by the plain ones' rate, which has been changed above
    new["expert_efficiency"] = fit.expert_efficiency * kernel_time / experts
    new["expert_memory_efficiency"] = fit.expert_memory_efficiency / experts
    for name in EXPERT_WAITS:
        new[name] = getattr(fit, name) * experts
    if greedy:
        new["sampling_s_per_logit"] = fit.sampling_s_per_logit * 0.0
    return replace(fit, **new)
