"""The models of the catalog: counted parameters against published totals, and names against real data."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog import plain_name
from wattline.core.errors import NotFound
from wattline.line.work.model import Model, load_model

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MODELS = sorted(catalog.default().records("model"))
KNOWN = [name for name in MODELS if load_model(name, catalog.default()).architecture_known]
EXPERTS = [name for name in KNOWN if load_model(name, catalog.default()).experts]
ROUNDING = 0.17  # widest half-range that is a rounding: half of the last digit of 3e9


def counted_as_published(name: str) -> int:
    """Active parameters in the convention of the model's publisher."""
    model, counts = (
        load_model(name, catalog.default()),
        catalog.default().records("model")[name].meta.get("active_counts", "all"),
    )
    tables = {"all": 0, "no-embedding": 1, "no-embedding-no-head": 2}[counts]
    return model.active_params - tables * model.hidden * model.vocab


def close(counted: float, name: str, attribute: str, tolerance: float) -> bool:
    """Within the tolerance of the published figure, or of what rounds to it."""
    fact = catalog.default().records("model")[name][attribute]
    rounded = fact.low <= counted <= fact.high and fact.high - fact.value <= ROUNDING * fact.value
    return abs(counted / fact.value - 1) <= tolerance or rounded


def test_there_are_many_models_of_many_families() -> None:
    assert len(MODELS) >= 80
    assert len({load_model(name, catalog.default()).family for name in MODELS}) >= 20


@pytest.mark.parametrize("name", KNOWN)
def test_counted_total_matches_published(name: str) -> None:
    model = load_model(name, catalog.default())
    assert close(model.total_params, name, "total_params", 0.015), f"{model.total_params:.4g}"


@pytest.mark.parametrize("name", EXPERTS)
def test_counted_active_matches_published(name: str) -> None:
    if "active_params" not in catalog.default().records("model")[name].facts:
        pytest.skip("no active figure was published")
    counted = counted_as_published(name)
    assert close(counted, name, "active_params", 0.05), f"{counted:.4g}"


@pytest.mark.parametrize("name", MODELS)
def test_counts_are_consistent(name: str) -> None:
    model = load_model(name, catalog.default())
    assert 0 < model.active_params <= model.total_params
    assert 0 < model.matmul_params_active <= model.total_params
    if model.architecture_known:
        assert 0 <= model.global_layers <= model.attention_layers
        assert model.heads % model.kv_heads == 0
        assert model.moe_layers <= model.mlp_layers
        assert model.active_experts <= model.experts


@pytest.mark.parametrize("name", MODELS)
def test_every_count_is_a_whole_number_with_a_source(name: str) -> None:
    for attribute, fact in catalog.default().records("model")[name].facts.items():
        assert fact.source.title
        assert fact.source.where or fact.source.year
        if attribute not in ("total_params", "active_params", "vision_params"):
            assert fact.value == int(fact.value)
            # what a shape tells is exact; weights counted beside it may be from memory, with a range
            assert fact.exact or (attribute.startswith("other_") and fact.basis == "from memory")


def test_no_two_models_share_a_name() -> None:
    seen: dict[str, str] = {}
    for name, record in catalog.default().records("model").items():
        names = {name, *record.meta.get("aliases", ()), record.meta.get("hf_id", name)}
        for plain in {plain_name(n) for n in names}:
            assert seen.setdefault(plain, name) == name, plain


@pytest.mark.parametrize(
    ("wanted", "result"),
    [
        ("Llama3.1-405B", "llama-3.1-405b"),
        ("LLaMA-65B", "llama-65b"),
        ("Llama2-70B", "llama-2-70b"),
        ("PaLM", "palm-540b"),
        ("Gopher", "gopher-280b"),
        ("BLOOM", "bloom-176b"),
        ("GPT-3", "gpt-3-175b"),
        ("BloombergGPT", "bloomberggpt-50b"),
        ("MistralLarge2", "mistral-large-2"),
        ("OLMo2-7B", "olmo-2-7b"),
        ("StarCoderBase", "starcoder-15.5b"),
        ("gpt oss 120b", "gpt-oss-120b"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507-FP8", "qwen3-235b-a22b-2507"),
    ],
)
def test_names_that_people_use(wanted: str, result: str) -> None:
    assert load_model(wanted, catalog.default()).key == result


def test_unknown_name_says_what_is_near() -> None:
    with pytest.raises(NotFound, match=r"llama-3\.1-8b"):
        load_model("llama-3.1-8bb", catalog.default())


def test_known_figures() -> None:
    gpt3 = load_model("gpt-3-175b", catalog.default())
    assert gpt3.attention_params_per_layer == 4 * 12288**2
    assert gpt3.dense_mlp_params_per_layer == 8 * 12288**2
    mixtral = load_model("mixtral-8x7b", catalog.default())
    assert mixtral.expert_params == 3 * 4096 * 14336
    assert mixtral.total_params - mixtral.active_params == 32 * 6 * mixtral.expert_params
    scout = load_model("llama-4-scout", catalog.default())
    assert scout.shared_expert_params_per_layer == scout.expert_params
    assert scout.global_layers == 12


def test_hybrid_counts_its_sub_layers() -> None:
    nano = load_model("nemotron-nano-9b-v2", catalog.default())
    assert nano.attention_layers + nano.mamba_layers + nano.mlp_layers == nano.layers == 56
    assert nano.mamba_params_per_layer > nano.attention_params_per_layer


def test_rumoured_model_uses_its_published_figures() -> None:
    gpt4 = load_model("gpt-4", catalog.default())
    assert not gpt4.architecture_known
    assert (gpt4.total_params, gpt4.active_params) == (1_760_000_000_000, 280_000_000_000)
    assert gpt4.matmul_params_active == gpt4.active_params
    fact = catalog.default().records("model")["gpt-4-reported"]["total_params"]
    assert fact.high / fact.low > 2
    assert "rumour" in fact.note


def column(path: str, name: str) -> list[str]:
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"{path} of the shared data is absent")
    with file.open(encoding="utf-8") as lines:
        return sorted({row[name] for row in csv.DictReader(lines)})


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "name"), [("mlenergy/llm.csv", "model_id"), ("kernels/silicon_sample.csv", "model_path")]
)
def test_measured_models_are_in_the_catalog(path: str, name: str) -> None:
    for model in column(path, name):
        assert load_model(model, catalog.default()).architecture_known, model


@pytest.mark.shared
def test_published_runs_name_catalog_models() -> None:
    several = ("MLPerf", "Apertus 8B+70B", "Olmo3 7B+32B")
    for run in column("training/published_training_runs.csv", "model"):
        if not run.startswith(several):
            load_model(run.split(" ")[0], catalog.default())


SMALL = Model(
    *("small", "small", "test"),
    **{
        "layers": 4,
        "hidden": 64,
        "heads": 4,
        "kv_heads": 2,
        "head_dim": 16,
        "intermediate": 256,
        "vocab": 1000,
    },  # type: ignore[arg-type]
)
models = st.builds(
    lambda layers, hidden, heads, experts, gated, tied: replace(
        SMALL,
        **{"layers": layers, "attention_layers": layers, "mlp_layers": layers, "global_layers": layers},
        **{"hidden": hidden, "heads": heads * 2, "experts": experts, "active_experts": min(2, experts)},
        **{"expert_intermediate": 128 if experts else 0, "moe_layers": layers // 2 if experts else 0},
        **{"gated_mlp": gated, "tied_embeddings": tied},
    ),
    *(st.integers(1, 200), st.integers(8, 20_000), st.integers(1, 64)),
    *(st.integers(0, 64), st.booleans(), st.booleans()),
)


@settings(deadline=None)
@given(models, st.integers(1, 50))
def test_parameters_grow_with_depth_and_width(model: Model, more: int) -> None:
    layers = model.layers + more
    deeper = replace(model, layers=layers, attention_layers=layers, mlp_layers=layers)
    wider = replace(model, hidden=model.hidden + more)
    for larger in (deeper, wider):
        assert larger.total_params > model.total_params
        assert larger.active_params > model.active_params
        assert larger.matmul_params_active > model.matmul_params_active


@settings(deadline=None)
@given(models)
def test_active_never_exceeds_total(model: Model) -> None:
    assert 0 < model.active_params <= model.total_params
    unused = model.moe_layers * (model.experts - model.active_experts) * model.expert_params
    assert model.total_params - model.active_params == unused
