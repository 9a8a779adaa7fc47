"""What a request waits for outside of the simulator's steps: HTTP, tokenising, a scheduler that looks for new requests
every few steps, a host that launches a prompt's kernels one by one, and tokens that are sent several at a time.

It is latency, not work: other requests' steps go on meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.chip.software import Software
from wattline.line.engine.simulator.outcome import ServiceOutcome


def front_end_s(
    soft: Software, sub_layers: float, step_s: ArrayLike, prompt_steps: ArrayLike = 1.0, prompt_tokens: ArrayLike = 0.0
) -> Array:
    """Seconds by which the first token comes later than the steps alone would have it.

    Parameters
    ----------
    soft : the engine
    sub_layers : attention and feed-forward layers of the model
    step_s : time between the tokens of the requests beside it, s, ``(n,)``
    prompt_steps : steps that read prompts, its own and those before it, that it waits for, ``(n,)``
    prompt_tokens : tokens of prompts that the host prepares before its first step, ``(n,)``

    Returns
    -------
    Seconds, shape ``(n,)``.
    """
    launching = soft.prompt_layer_s * sub_layers * np.asarray(prompt_steps, float)
    preparing = soft.prompt_token_s * np.asarray(prompt_tokens, float)
    return np.asarray(soft.front_s + soft.held_steps * np.asarray(step_s, float) + launching + preparing)


def with_front_end(served: ServiceOutcome, soft: Software, sub_layers: float, step_tokens: float) -> ServiceOutcome:
    """The same requests, each later by its front end.

    Parameters
    ----------
    served : the requests as they were served
    soft : the engine
    sub_layers : attention and feed-forward layers of the model
    step_tokens : tokens of a step at most

    Returns
    -------
    The same outcome with ``front_s``.
    """
    usual = served.itl_s(50)
    step_s = np.where(np.isfinite(served.tpot_s), served.tpot_s, usual if np.isfinite(usual) else 0.0)
    steps = np.maximum(served.input_tokens / step_tokens, 1.0)
    return replace(served, front_s=front_end_s(soft, sub_layers, step_s, steps, served.input_tokens))
