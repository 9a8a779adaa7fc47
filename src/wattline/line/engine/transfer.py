"""How caches pass from chips that read prompts to chips that decode, where both split the heads differently.

A cache lies in memory token by token, each with all heads of its chip. Where a worker that decodes splits the model
over another number of chips than the one that read, each of its chips wants some heads of every token: SGLang sends
these one by one, a few hundred bytes each (its pull requests 6793 and 18158). Caches that have no heads (a latent, as
DeepSeek's) pass whole, and so do all where both sides split alike.
"""

from __future__ import annotations

from wattline.catalog.draws import Draws
from wattline.line.work.model import Model

BY_TOKEN = ("sglang",)  # engines that send the heads of each token by themselves


def passes_by_token(engine: str, model: Model, reading: int, decoding: int) -> bool:
    """Whether caches pass token by token between two kinds of workers.

    Parameters
    ----------
    engine : engine, or engine and version; empty for the usual one
    model : whose caches pass
    reading, decoding : chips over which a worker of either kind splits the heads

    Returns
    -------
    False where they pass whole.
    """
    has_heads = not model.kv_lora_rank and model.attention_layers > 0
    return has_heads and reading != decoding and engine.partition("-")[0] in BY_TOKEN


def bytes_per_s_by_token(draws: Draws) -> float:
    """What a chip sends where caches pass token by token [B/s], the fact's central value.

    Parameters
    ----------
    draws : that the fact is cited in

    Returns
    -------
    Bytes a second.
    """
    return float(draws.central()("fit.pool-by-token-bytes-per-s", "B/s"))
