"""A model's architecture as the numbers that a step's operations need, for one model or for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.work.model import Model


@dataclass(frozen=True, eq=False)
class Shape:
    """Attributes of ``Model`` as scalars, or as arrays over configurations; 0 where a model has none."""

    hidden: Array
    vocab: Array
    attention_layers: Array
    global_layers: Array
    sliding_window: Array
    chunked_attention: Array  # 1 where the window is a chunk
    heads: Array
    kv_heads: Array
    head_dim: Array
    q_lora_rank: Array
    kv_lora_rank: Array
    qk_nope_head_dim: Array
    qk_rope_head_dim: Array
    v_head_dim: Array
    dense_layers: Array
    up_matrices: Array  # matrices from hidden to the MLP's width: 2 with a gate
    intermediate: Array
    moe_layers: Array
    experts: Array
    active_experts: Array
    expert_intermediate: Array
    shared_intermediate: Array
    mamba_layers: Array
    mamba_inner: Array
    mamba_project: Array
    mamba_state: Array

    @classmethod
    def of(cls, model: Model) -> Shape:
        """The shape of one model: every field a scalar."""
        return cls.stack([model]).pick(0)

    @classmethod
    def stack(cls, models: Sequence[Model]) -> Shape:
        """The shapes of many models: every field of shape ``(len(models),)``."""
        rows = [_row(model) for model in models]
        return cls(**{f.name: np.array([row[f.name] for row in rows], dtype=float) for f in fields(cls)})

    def pick(self, index: ArrayLike) -> Shape:
        """Some of the configurations."""
        return Shape(**{f.name: np.asarray(getattr(self, f.name)[index]) for f in fields(self)})

    @property
    def latent(self) -> Array:
        """Whether attention is MLA."""
        return np.asarray(self.kv_lora_rank > 0)

    @property
    def layers(self) -> Array:
        """Sub-layers that end in a sum over chips: mixers and MLPs."""
        return self.attention_layers + self.mamba_layers + self.dense_layers + self.moe_layers

    def attended(self, context_tokens: ArrayLike) -> Array:
        """Tokens looked back on by one token with this context, summed over attention layers."""
        context = np.asarray(context_tokens, float)
        window = np.where(self.sliding_window > 0, np.minimum(context, self.sliding_window), context)
        return np.asarray(self.global_layers * context + (self.attention_layers - self.global_layers) * window)

    def cache_bytes(self, context_tokens: ArrayLike, chips: ArrayLike, bytes_per_value: float = 2.0) -> Array:
        """Bytes of one sequence's cache over all chips of a replica; what chips outnumber is held by each."""
        group = np.asarray(chips, float)
        held = np.maximum(self.kv_heads, group) * 2 * self.head_dim
        values = np.where(self.latent, (self.kv_lora_rank + self.qk_rope_head_dim) * group, held)
        return np.asarray(
            self.attended(context_tokens) * values * bytes_per_value + self.mamba_layers * self.mamba_state * 4
        )

    def attended_in_prompt(self, prompt_tokens: ArrayLike) -> Array:
        """The same, averaged over the positions of a prompt of this length, each seeing those before it."""
        length = np.maximum(np.asarray(prompt_tokens, float), 1.0)
        window = np.where(self.sliding_window > 0, np.minimum(self.sliding_window, length), length)
        # the mean over positions p of min(p, w) is w - w²/2L
        slides = (self.attention_layers - self.global_layers) * (window - window**2 / (2 * length))
        return np.asarray(self.global_layers * length / 2 + slides)


def _row(model: Model) -> dict[str, float]:
    inner, keys = model.mamba_heads * model.mamba_head_dim, 2 * model.mamba_groups * model.mamba_state
    computed: dict[str, float] = {
        "up_matrices": 2 if model.gated_mlp else 1,
        "mamba_inner": inner,
        "mamba_project": 2 * inner + keys + model.mamba_heads,
        "mamba_state": inner * model.mamba_state,
    }
    return {f.name: computed.get(f.name, getattr(model, f.name, 0)) for f in fields(Shape)}
