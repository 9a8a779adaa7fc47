"""The architecture of a language model: the counts from which parameters, FLOPs and cache follow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wattline.catalog import Catalog, Record, plain_name
from wattline.line.work.builds import find_build, format_of
from wattline.line.work.outside import unknown_model
from wattline.line.work.parameters import Parameters

SAME = -1  # "not given": the field takes the default that its comment names


@dataclass(frozen=True)
class Model(Parameters):
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
    expert_hidden: int = 0  # width of the latent that experts work in, where it is not hidden
    shared_intermediate: int = SAME  # shared_experts * expert_intermediate
    moe_layers: int = SAME  # mlp_layers where there are experts, else 0
    attention: str = "gqa"
    attention_gate: bool = False  # the query projection also makes a gate for the output
    q_lora_rank: int = 0
    kv_lora_rank: int = 0
    qk_nope_head_dim: int = 0
    qk_rope_head_dim: int = 0
    v_head_dim: int = 0
    value_dim: int = 0  # of one head's value where it is not head_dim
    sliding_heads: int = 0  # of layers with a window, where they differ from global ones; 0 = they do not
    sliding_kv_heads: int = 0
    sliding_head_dim: int = 0
    sliding_value_dim: int = 0
    sparse_tokens: int = 0  # sparse attention reads at most so many earlier tokens, which an indexer picks
    sparse_layers: int = SAME  # attention layers that pick so: all of them
    index_heads: int = 0
    index_head_dim: int = 0
    index_layers: int = 0  # layers with an indexer of their own
    picked_layers: int = 0  # layers that see, beyond a window, entries of several tokens: those an indexer picks
    picked_ratio: int = 0  # tokens of such an entry
    pooled_layers: int = 0  # layers that see, beyond a window, all of their entries
    pooled_ratio: int = 0
    shared_values: bool = False  # a head's value is its key, and one of them is kept
    output_groups: int = 0  # heads are projected out in so many groups, through a latent each
    output_lora_rank: int = 0  # of a group's latent
    cacheless_layers: int = 0  # attention layers that read the cache of another, and keep none
    cacheless_global_layers: int = 0
    encoder_layers: int = 0  # layers of an encoder, in ``layers``: prompts pass them, new tokens do not
    cross_layers: int = 0  # attention layers that look at the encoder's output
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
    mamba_project: int = 0  # width of the input projection where it is not that of Mamba-2
    other_layers: int = 0  # mixers of another kind, known by their weights alone (convolutions, gated recurrences)
    other_state_bytes: int = 0  # that all of these keep of a sequence, however long
    other_matmul_params: int = 0  # weights that every token passes and no other count describes, of all layers
    other_stored_params: int = 0  # tables by layer and the like; below 0 where layers share weights
    looked_up_params: int = 0  # tables beside the token table of which a token reads some rows: stored, not active
    gated_mlp: bool = True
    tied_embeddings: bool = False
    learned_positions: int = 0
    relative_positions: bool = False  # Transformer-XL: a position projection in every attention layer
    vision_params: int = 0
    audio: bool = False  # it hears as well: videos bring their sound
    image_tokens: int = 0  # of any image; 0 where it depends on the image's size
    video_frames: int = 0  # that it takes of a video of two seconds or less; 0 where it takes all
    context_tokens: int = 0
    training_tokens: int = 0  # of a sequence in pre-training; 0 where it is not told
    native_format: str = "bf16"
    architecture_known: bool = True
    year: int = 0  # of release; 0 where it is not known
    published_total_params: float | None = None
    published_active_params: float | None = None
    weight_bits: tuple[tuple[str, float], ...] = ()  # bits of a stored weight by group; () = all as native_format
    layer_kinds: tuple[tuple[str, int], ...] = field(default=(), compare=False)  # as the config names them
    # of a model read from its config: encoders of pictures and sound, by the whole config's type, with their settings
    senses: tuple[tuple[str, str, tuple[tuple[str, float], ...]], ...] = field(default=(), compare=False)
    left_out: str = field(default="", compare=False)  # what the price leaves out of an architecture, for the notes

    def __post_init__(self) -> None:
        self._default("attention_layers", self.layers)
        self._default("mlp_layers", self.layers)
        self._default("global_layers", self.attention_layers)
        self._default("sparse_layers", self.attention_layers if self.sparse_tokens and not self.picked_layers else 0)
        self._default("moe_layers", self.mlp_layers if self.experts else 0)
        self._default("shared_intermediate", self.shared_experts * self.expert_intermediate)

    def _default(self, field: str, value: int) -> None:
        if getattr(self, field) == SAME:
            object.__setattr__(self, field, value)


TEXT = ("family", "attention", "native_format")
FLAGS = (
    "audio",
    "attention_gate",
    "chunked_attention",
    "gated_mlp",
    "tied_embeddings",
    "relative_positions",
    "shared_values",
    "architecture_known",
)
COUNTS = (
    *("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab"),
    *("experts", "active_experts", "shared_experts", "expert_intermediate", "shared_intermediate"),
    *("moe_layers", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"),
    *("sliding_window", "global_layers", "attention_layers", "mamba_layers", "mlp_layers"),
    *("mamba_heads", "mamba_head_dim", "mamba_state", "mamba_groups", "mamba_conv"),
    *("value_dim", "sliding_heads", "sliding_kv_heads", "sliding_head_dim", "sliding_value_dim", "expert_hidden"),
    *(
        "sparse_tokens",
        "sparse_layers",
        "index_heads",
        "index_head_dim",
        "index_layers",
        "cacheless_layers",
        "cacheless_global_layers",
    ),
    *("picked_layers", "picked_ratio", "pooled_layers", "pooled_ratio", "output_groups", "output_lora_rank"),
    *("mamba_project", "other_layers", "other_state_bytes", "other_matmul_params", "other_stored_params"),
    "looked_up_params",
    *("learned_positions", "vision_params", "image_tokens", "video_frames", "context_tokens", "training_tokens"),
)
NEEDED = COUNTS[:7]


def load_model(name: str, catalog: Catalog) -> Model:
    """The catalog's model with this name, alias or Hugging Face id, or that a build of this name was made from.

    A build's format (``…-NVFP4``) is the model's own. Raises NotFound with the nearest names, or with what the name is
    of where that is no model of the catalog.

    Parameters
    ----------
    name : as it was written
    catalog : where it is looked up

    Returns the model.
    """
    known = catalog.names("model").get(plain_name(name))
    if known is not None:
        record, form = catalog.records("model")[known], format_of(name)
    else:
        build = find_build(name, catalog)
        if build is None:
            raise unknown_model(name, catalog)
        record, form = build
    model = model_from_record(record)
    return model if form is None or record.name.endswith(form) else replace(model, native_format=form, weight_bits=())


def model_from_record(record: Record) -> Model:
    """The model that a catalog record describes."""
    facts, meta = record.facts, record.meta
    values: dict[str, int] = {f: round(facts[f].value) for f in COUNTS if f in facts}
    for name in NEEDED:
        values.setdefault(name, 0)
    text = {"family": record.name, **{f: str(meta[f]) for f in TEXT if f in meta}}
    flags = {f: bool(meta[f]) for f in FLAGS if f in meta}
    published = {f"published_{f}": facts[f].value if f in facts else None for f in ("total_params", "active_params")}
    year, bits = int(meta.get("year", 0)), tuple((str(n), float(b)) for n, b in meta.get("weight_bits", ()))
    own = {"year": year, "weight_bits": bits}
    return Model(key=record.name, name=record.title, **own, **text, **values, **flags, **published)  # type: ignore[arg-type]
