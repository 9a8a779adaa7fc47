"""How many parameters follow from a model's counts: the arithmetic alone, apart from the fields themselves.

Counted: every weight matrix, embedding tables, router, convolution and one norm vector per sub-layer.
Neglected: biases and the few scalars of a layer (together below 0.3% of any model in the catalog).
"""

from __future__ import annotations


class Parameters:
    """Parameters of a model by part; ``Model`` holds the counts that they follow from."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    value_dim: int
    sliding_heads: int
    sliding_kv_heads: int
    sliding_head_dim: int
    sliding_value_dim: int
    intermediate: int
    vocab: int
    experts: int
    active_experts: int
    expert_intermediate: int
    expert_hidden: int
    shared_intermediate: int
    moe_layers: int
    attention: str
    attention_gate: bool
    shared_values: bool
    output_groups: int
    output_lora_rank: int
    q_lora_rank: int
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    global_layers: int
    attention_layers: int
    mamba_layers: int
    mlp_layers: int
    mamba_heads: int
    mamba_head_dim: int
    mamba_state: int
    mamba_groups: int
    mamba_conv: int
    mamba_project: int
    gated_mlp: bool
    tied_embeddings: bool
    learned_positions: int
    relative_positions: bool
    vision_params: int
    other_matmul_params: int
    other_stored_params: int
    looked_up_params: int
    architecture_known: bool
    published_total_params: float | None
    published_active_params: float | None

    @property
    def attention_params_per_layer(self) -> int:
        """Query, key, value and output projections of one attention layer (of a global one, where two kinds differ)."""
        if self.attention == "mla" or (self.kv_lora_rank and self.attention == "hybrid"):
            return self._mla_params_per_layer
        return self._softmax_params(self.heads, self.kv_heads, self.head_dim, self.value_dim)

    @property
    def sliding_params_per_layer(self) -> int:
        """The same of a layer that attends in a window."""
        if not self.sliding_head_dim:
            return self.attention_params_per_layer
        return self._softmax_params(
            self.sliding_heads, self.sliding_kv_heads, self.sliding_head_dim, self.sliding_value_dim
        )

    def _softmax_params(self, heads: int, kv_heads: int, head_dim: int, value_dim: int) -> int:
        value, query = value_dim or head_dim, heads * head_dim * (2 if self.attention_gate else 1)
        made = self.q_lora_rank * (self.hidden + query) if self.q_lora_rank else self.hidden * query
        kept = kv_heads * (head_dim if self.shared_values else head_dim + value)
        return made + self.hidden * kept + self._output_params(heads * value)

    def _output_params(self, width: int) -> int:
        """Back from the heads to the hidden width; where heads lie in groups, through a latent of each."""
        if not self.output_lora_rank:
            return width * self.hidden
        return self.output_lora_rank * (width + self.output_groups * self.hidden)

    @property
    def attention_params(self) -> int:
        """All attention layers together."""
        sliding = self.attention_layers - self.global_layers
        return self.global_layers * self.attention_params_per_layer + sliding * self.sliding_params_per_layer

    @property
    def _mla_params_per_layer(self) -> int:
        """Multi-head latent attention: queries and key-values pass through low-rank latents."""
        query = self.heads * (self.qk_nope_head_dim + self.qk_rope_head_dim)
        down_up = self.q_lora_rank * (self.hidden + query) if self.q_lora_rank else self.hidden * query
        latent = self.hidden * (self.kv_lora_rank + self.qk_rope_head_dim)
        expand = self.kv_lora_rank * self.heads * (self.qk_nope_head_dim + self.v_head_dim)
        return down_up + latent + expand + self.heads * self.v_head_dim * self.hidden

    @property
    def _matrices(self) -> int:
        """Matrices in an MLP: up and down, and a gate where it has one."""
        return 3 if self.gated_mlp else 2

    @property
    def dense_layers(self) -> int:
        """MLP layers that are not MoE."""
        return self.mlp_layers - self.moe_layers

    @property
    def dense_mlp_params_per_layer(self) -> int:
        """One dense MLP layer."""
        return self._matrices * self.hidden * self.intermediate

    @property
    def expert_params(self) -> int:
        """One routed expert of one layer."""
        return self._matrices * (self.expert_hidden or self.hidden) * self.expert_intermediate

    @property
    def shared_expert_params_per_layer(self) -> int:
        """The experts that every token uses, of one MoE layer."""
        return self._matrices * self.hidden * self.shared_intermediate

    @property
    def router_params_per_layer(self) -> int:
        """The router of one MoE layer, and the projections into the experts' width and back where it is another."""
        return self.hidden * self.experts + 2 * self.hidden * self.expert_hidden

    @property
    def mamba_params_per_layer(self) -> int:
        """One Mamba-2 layer: input projection (gate, value, keys, queries, step), convolution, output."""
        inner, keys = self.mamba_heads * self.mamba_head_dim, 2 * self.mamba_groups * self.mamba_state
        project_in = self.hidden * (self.mamba_project or 2 * inner + keys + self.mamba_heads)
        return project_in + self.mamba_channels * self.mamba_conv + inner * self.hidden

    @property
    def mamba_channels(self) -> int:
        """Channels of a Mamba layer's convolution: values, keys and queries."""
        return self.mamba_heads * self.mamba_head_dim + 2 * self.mamba_groups * self.mamba_state

    @property
    def embedding_params(self) -> int:
        """The token table (once), learned positions, and the output head where it is not tied."""
        tables = 1 if self.tied_embeddings else 2
        return self.hidden * (tables * self.vocab + self.learned_positions)

    @property
    def lm_head_params(self) -> int:
        """The output head, whether or not it shares its weights with the token table."""
        return self.hidden * self.vocab

    @property
    def norm_params(self) -> int:
        """One vector per sub-layer and one at the end."""
        return self.hidden * (self.attention_layers + self.mamba_layers + self.mlp_layers + 1)

    @property
    def expert_params_total(self) -> int:
        """All routed experts of all MoE layers."""
        return self.moe_layers * self.experts * self.expert_params

    @property
    def expert_params_active(self) -> int:
        """The routed experts that one token uses."""
        return self.moe_layers * self.active_experts * self.expert_params

    @property
    def _params_for_every_token(self) -> int:
        """Weights multiplied for every token whatever the routing, without embeddings and head."""
        return (
            self.attention_params
            + self.mamba_layers * self.mamba_params_per_layer
            + self.dense_layers * self.dense_mlp_params_per_layer
            + self.moe_layers * (self.shared_expert_params_per_layer + self.router_params_per_layer)
            + self.other_matmul_params
        )

    @property
    def _other_params(self) -> int:
        """Stored and counted by publishers, but not a matrix that each token passes through."""
        positions = self.attention_layers * self.hidden * self.heads * self.head_dim
        shared = self.norm_params + (positions if self.relative_positions else 0)
        return self.embedding_params + shared + self.other_stored_params

    @property
    def total_params(self) -> int:
        """All stored parameters, with the vision tower, without multi-token-prediction layers."""
        if not self.architecture_known:
            return int(self.published_total_params or 0)
        beside = self.expert_params_total + self.vision_params + self.looked_up_params
        return self._params_for_every_token + self._other_params + beside

    @property
    def active_params(self) -> int:
        """Parameters a text token uses, as most publishers count them: all but unused experts and vision.

        Embedding table and output head are both in (as for Mixtral, Qwen3 and Llama 4). Some publishers
        leave out the table (gpt-oss) or both (GLM-4.5): their figure is lower.
        """
        if not self.architecture_known:
            published = self.published_active_params or self.published_total_params
            return int(published or 0)
        return self._params_for_every_token + self._other_params + self.expert_params_active

    @property
    def matmul_params_active(self) -> int:
        """Weights multiplied for every token: mixers, MLP or active experts, router, output head."""
        if not self.architecture_known:
            return self.active_params
        return self._params_for_every_token + self.expert_params_active + self.lm_head_params
