"""The architecture of a language model, and how many parameters follow from it.

Counted: every weight matrix, embedding tables, router, convolution and one norm vector per sub-layer.
Neglected: biases and the few scalars of a layer (together below 0.3% of any model in the catalog).
"""

from __future__ import annotations

from dataclasses import dataclass

from wattline.catalog import Record, find

SAME = -1  # "not given": the field takes the default that its comment names


@dataclass(frozen=True)
class Model:
    """Architecture of one model. Counts are plain ints; 0 = has none (``experts=0`` for a dense model).

    ``layers`` is the count its publisher gives. A layer of a usual model holds one attention and one MLP;
    a hybrid's sub-layers are counted by ``attention_layers``, ``mamba_layers`` and ``mlp_layers``.
    The ``mamba_*`` fields also hold other recurrent mixers of the same shape (Gated DeltaNet, lightning
    attention): heads x head_dim is the inner width, groups x state the width of the keys and of the queries.
    Where ``architecture_known`` is False all counts are 0 and only the published totals can be used.
    """

    key: str
    name: str
    family: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    experts: int = 0
    active_experts: int = 0
    shared_experts: int = 0
    expert_intermediate: int = 0
    shared_intermediate: int = SAME  # shared_experts * expert_intermediate
    moe_layers: int = SAME  # mlp_layers where there are experts, else 0
    attention: str = "gqa"
    attention_gate: bool = False  # the query projection also makes a gate for the output
    q_lora_rank: int = 0
    kv_lora_rank: int = 0
    qk_nope_head_dim: int = 0
    qk_rope_head_dim: int = 0
    v_head_dim: int = 0
    sliding_window: int = 0
    chunked_attention: bool = False  # the window is a chunk, which servers cannot replay in one graph
    global_layers: int = SAME  # attention_layers: every attention layer sees the whole context
    attention_layers: int = SAME  # layers
    mamba_layers: int = 0
    mlp_layers: int = SAME  # layers
    mamba_heads: int = 0
    mamba_head_dim: int = 0
    mamba_state: int = 0
    mamba_groups: int = 0
    mamba_conv: int = 0
    gated_mlp: bool = True
    tied_embeddings: bool = False
    learned_positions: int = 0
    relative_positions: bool = False  # Transformer-XL: a position projection in every attention layer
    vision_params: int = 0
    audio: bool = False  # it hears as well: videos bring their sound
    image_tokens: int = 0  # of any image; 0 where it depends on the image's size
    context_tokens: int = 0
    training_tokens: int = 0  # of a sequence in pre-training; 0 where it is not told
    native_format: str = "bf16"
    architecture_known: bool = True
    year: int = 0  # of release; 0 where it is not known
    published_total_params: float | None = None
    published_active_params: float | None = None

    def __post_init__(self) -> None:
        self._default("attention_layers", self.layers)
        self._default("mlp_layers", self.layers)
        self._default("global_layers", self.attention_layers)
        self._default("moe_layers", self.mlp_layers if self.experts else 0)
        self._default("shared_intermediate", self.shared_experts * self.expert_intermediate)

    def _default(self, field: str, value: int) -> None:
        if getattr(self, field) == SAME:
            object.__setattr__(self, field, value)

    @property
    def attention_params_per_layer(self) -> int:
        """Query, key, value and output projections of one attention layer."""
        if self.attention == "mla":
            return self._mla_params_per_layer
        query, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return self.hidden * (query * (3 if self.attention_gate else 2) + 2 * keys)

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
        return self._matrices * self.hidden * self.expert_intermediate

    @property
    def shared_expert_params_per_layer(self) -> int:
        """The experts that every token uses, of one MoE layer."""
        return self._matrices * self.hidden * self.shared_intermediate

    @property
    def router_params_per_layer(self) -> int:
        """The router of one MoE layer."""
        return self.hidden * self.experts

    @property
    def mamba_params_per_layer(self) -> int:
        """One Mamba-2 layer: input projection (gate, value, keys, queries, step), convolution, output."""
        inner, keys = self.mamba_heads * self.mamba_head_dim, 2 * self.mamba_groups * self.mamba_state
        project_in = self.hidden * (2 * inner + keys + self.mamba_heads)
        return project_in + (inner + keys) * self.mamba_conv + inner * self.hidden

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
            self.attention_layers * self.attention_params_per_layer
            + self.mamba_layers * self.mamba_params_per_layer
            + self.dense_layers * self.dense_mlp_params_per_layer
            + self.moe_layers * (self.shared_expert_params_per_layer + self.router_params_per_layer)
        )

    @property
    def _other_params(self) -> int:
        """Stored and counted by publishers, but not a matrix that each token passes through."""
        positions = self.attention_layers * self.hidden * self.heads * self.head_dim
        return self.embedding_params + self.norm_params + (positions if self.relative_positions else 0)

    @property
    def total_params(self) -> int:
        """All stored parameters, with the vision tower, without multi-token-prediction layers."""
        if not self.architecture_known:
            return int(self.published_total_params or 0)
        experts = self.expert_params_total
        return self._params_for_every_token + self._other_params + experts + self.vision_params

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


TEXT = ("family", "attention", "native_format")
FLAGS = (
    "audio",
    "attention_gate",
    "chunked_attention",
    "gated_mlp",
    "tied_embeddings",
    "relative_positions",
    "architecture_known",
)
COUNTS = (
    *("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab"),
    *("experts", "active_experts", "shared_experts", "expert_intermediate", "shared_intermediate"),
    *("moe_layers", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"),
    *("sliding_window", "global_layers", "attention_layers", "mamba_layers", "mlp_layers"),
    *("mamba_heads", "mamba_head_dim", "mamba_state", "mamba_groups", "mamba_conv"),
    *("learned_positions", "vision_params", "image_tokens", "context_tokens", "training_tokens"),
)
NEEDED = COUNTS[:7]


def load_model(name: str) -> Model:
    """The catalog's model with this name, alias or Hugging Face id; NotFound names the nearest."""
    return model_from_record(find("model", name))


def model_from_record(record: Record) -> Model:
    """The model that a catalog record describes."""
    facts, meta = record.facts, record.meta
    values: dict[str, int] = {f: round(facts[f].value) for f in COUNTS if f in facts}
    for field in NEEDED:
        values.setdefault(field, 0)
    text = {"family": record.name, **{f: str(meta[f]) for f in TEXT if f in meta}}
    flags = {f: bool(meta[f]) for f in FLAGS if f in meta}
    published = {f"published_{f}": facts[f].value if f in facts else None for f in ("total_params", "active_params")}
    year = int(meta.get("year", 0))
    return Model(key=record.name, name=record.title, year=year, **text, **values, **flags, **published)  # type: ignore[arg-type]
