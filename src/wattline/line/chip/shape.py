"""A model's architecture as the numbers that a step's operations need, for one model or for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.work.flops import INDEX_BYTES
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
    value_dim: Array  # 0 where a value is as wide as a key
    sliding_heads: Array
    sliding_kv_heads: Array
    sliding_head_dim: Array  # 0 where layers with a window have the heads of the others
    sliding_value_dim: Array
    sparse_tokens: Array
    sparse_layers: Array
    index_heads: Array
    index_head_dim: Array
    index_layers: Array
    picked_layers: Array
    picked_ratio: Array
    pooled_layers: Array
    pooled_ratio: Array
    shared_values: Array  # 1 where a head's value is its key
    output_groups: Array
    output_lora_rank: Array
    cacheless_layers: Array
    cacheless_global_layers: Array
    encoder_layers: Array
    cross_layers: Array
    dense_layers: Array
    up_matrices: Array  # matrices from hidden to the MLP's width: 2 with a gate
    intermediate: Array
    moe_layers: Array
    experts: Array
    active_experts: Array
    expert_intermediate: Array
    expert_hidden: Array  # the latent that experts work in; 0 where it is hidden
    shared_intermediate: Array
    mamba_layers: Array
    mamba_inner: Array
    mamba_project: Array
    mamba_state: Array
    mamba_inputs: Array  # that the convolution keeps: of each channel all but the newest
    other_layers: Array
    other_state_bytes: Array
    other_matmul_params: Array

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
    def pair_width(self) -> Array:
        """Values of one head's key and value."""
        return np.where(self.value_dim > 0, self.head_dim + self.value_dim, 2 * self.head_dim)

    @property
    def kept_width(self) -> Array:
        """Values that are kept of one head's key and value: once where they are the same."""
        return np.where(self.shared_values > 0, self.head_dim, self.pair_width)

    @property
    def layers(self) -> Array:
        """Sub-layers that end in a sum over chips: mixers and MLPs."""
        return self.attention_layers + self.mamba_layers + self.dense_layers + self.moe_layers + self.other_layers

    def attention_groups(self) -> list[Shape]:
        """The shape itself; or, where layers with a window have other heads than global ones, one of each kind."""
        if not np.any(self.sliding_head_dim > 0):
            return [self]
        without, own = self.cacheless_global_layers, self.sliding_head_dim > 0
        names = ("heads", "kv_heads", "head_dim", "value_dim")
        near = {n: np.where(own, getattr(self, f"sliding_{n}"), getattr(self, n)) for n in names}
        sliding, none = self.attention_layers - self.global_layers, np.zeros_like(self.sliding_head_dim)
        return [
            replace(self, attention_layers=self.global_layers, cacheless_layers=without, sliding_head_dim=none),
            replace(
                self, attention_layers=sliding, global_layers=none, sparse_layers=none,
                cacheless_layers=self.cacheless_layers - without, cacheless_global_layers=none,
                sliding_head_dim=none, **near,
            ),
        ]  # fmt: skip

    def mean_layer(self) -> Shape:
        """A model of one layer, the mean of all of these."""
        share = 1.0 / np.maximum(self.dense_layers + self.moe_layers, 1.0)
        counts = [f.name for f in fields(self) if f.name.endswith("_layers")]
        return replace(self, **{name: getattr(self, name) * share for name in counts})

    def attended(self, context_tokens: ArrayLike) -> Array:
        """Tokens looked back on by one token with this context, summed over attention layers."""
        context = np.asarray(context_tokens, float)
        sparse = self.sparse_layers
        others = self._seen(self.attention_layers - sparse, self.global_layers - sparse, context)
        picked = sparse * np.minimum(context, self.sparse_tokens)
        return np.asarray(others + picked + self._entries(context, self.sparse_tokens))

    def _entries(self, context: Array, most: ArrayLike) -> Array:
        """Entries of several tokens each beyond the window, over layers; of those that are picked at most so many."""
        picked = np.minimum(context / np.maximum(self.picked_ratio, 1.0), most)
        return self.picked_layers * picked + self.pooled_layers * context / np.maximum(self.pooled_ratio, 1.0)

    def _seen(self, layers: Array, whole: Array, context: Array) -> Array:
        window = np.where(self.sliding_window > 0, np.minimum(context, self.sliding_window), context)
        # a decoder's two attentions look at either part of the context: its own tokens, and the encoder's
        elsewhere = (self.encoder_layers + self.cross_layers) * context
        return np.asarray(whole * context + (layers - whole) * window - elsewhere)

    def cache_bytes(self, context_tokens: ArrayLike, chips: ArrayLike, bytes_per_value: float = 2.0) -> Array:
        """Bytes of one sequence's cache over all chips of a replica; what chips outnumber is held by each.

        Parameters
        ----------
        context_tokens : of the sequence [token]
        chips : of the replica
        bytes_per_value : of what is kept

        Returns bytes, of the shape that the two make.
        """
        kept = sum(each._kept_bytes(context_tokens, chips, bytes_per_value) for each in self.attention_groups())
        return np.asarray(kept + self.mamba_layers * self.mamba_state_bytes + self.other_state_bytes)

    @property
    def mamba_state_bytes(self) -> Array:
        """Bytes that a Mamba layer keeps of a sequence: states in 32 bits, the inputs of its convolution in 16."""
        return self.mamba_state * 4.0 + self.mamba_inputs * 2.0

    def _kept_bytes(self, context_tokens: ArrayLike, chips: ArrayLike, bytes_per_value: float) -> Array:
        group, context = np.asarray(chips, float), np.asarray(context_tokens, float)
        copied = np.maximum(self.kv_heads, group) * self.kept_width
        values = np.where(self.latent, (self.kv_lora_rank + self.qk_rope_head_dim) * group, copied)
        layers, whole = self.attention_layers - self.cacheless_layers, self.global_layers - self.cacheless_global_layers
        index = self.index_layers * context * self.index_head_dim * INDEX_BYTES * group
        kept = self._seen(layers, whole, context) + self._entries(context, np.inf)
        return np.asarray(kept * values * bytes_per_value + index)

    def attended_in_prompt(self, prompt_tokens: ArrayLike) -> Array:
        """The same, averaged over the positions of a prompt of this length, each seeing those before it."""
        length = np.maximum(np.asarray(prompt_tokens, float), 1.0)
        near = (self.attention_layers - self.global_layers) * _mean_of_last(length, self.sliding_window)
        near = near + self.sparse_layers * _mean_of_last(length, self.sparse_tokens)
        whole = self.global_layers - self.sparse_layers
        picked = self.picked_layers * _mean_of_last(length / np.maximum(self.picked_ratio, 1.0), self.sparse_tokens)
        pooled = self.pooled_layers * length / (2 * np.maximum(self.pooled_ratio, 1.0))
        return np.asarray(whole * length / 2 + near + picked + pooled)


def _mean_of_last(length: Array, limit: Array) -> Array:
    """Mean over positions p of min(p, w), which is w - w²/2L; of all before it where there is no limit."""
    window = np.where(limit > 0, np.minimum(limit, length), length)
    return np.asarray(window - window**2 / (2 * length))


def _row(model: Model) -> dict[str, float]:
    inner, keys = model.mamba_heads * model.mamba_head_dim, 2 * model.mamba_groups * model.mamba_state
    computed: dict[str, float] = {
        "up_matrices": 2 if model.gated_mlp else 1,
        "mamba_inner": inner,
        "mamba_project": model.mamba_project or 2 * inner + keys + model.mamba_heads,
        "mamba_state": inner * model.mamba_state,
        "mamba_inputs": model.mamba_channels * max(model.mamba_conv - 1, 0),
    }
    return {f.name: computed.get(f.name, getattr(model, f.name, 0)) for f in fields(Shape)}
