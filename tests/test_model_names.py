"""Models by the names that people type: builds of known models, names of what is no text model, and new entries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog import read_records
from wattline.cli.main import main
from wattline.core.errors import NotFound, WattlineError
from wattline.line.work.builds import FORMATS, find_build
from wattline.line.work.model import load_model, model_from_record
from wattline.predict.prompt import prompt

CATALOG = catalog.default()
RECORDS = CATALOG.records("model")
LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "name", "form"),
    [
        ("meta-llama/Meta-Llama-3.1-8B", "llama-3.1-8b", "bf16"),
        ("nvidia/Llama-3.3-70B-Instruct-NVFP4", "llama-3.3-70b", "nvfp4"),
        ("nvidia/Llama-3.1-405B-Instruct-FP4", "llama-3.1-405b", "nvfp4"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", "llama-3.1-8b", "fp8"),
        ("RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16", "llama-3.3-70b", "int4"),
        ("RedHatAI/Llama-3.3-70B-Instruct-quantized.w8a8", "llama-3.3-70b", "int8"),
        ("amd/Llama-3.1-405B-Instruct-FP8-KV", "llama-3.1-405b", "fp8"),
        ("Qwen/Qwen2.5-72B-Instruct-AWQ", "qwen2.5-72b", "int4"),
        ("Qwen/Qwen3-32B-FP8-Static-PerTensor", "qwen3-32b", "fp8"),
        ("TheBloke/Llama-2-70B-Chat-GPTQ", "llama-2-70b", "int4"),
        ("nvidia/DeepSeek-V3.1-NVFP4", "deepseek-v3.1", "nvfp4"),
        ("unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit", "llama-3.1-8b", "int4"),
        ("facebook/opt-175b", "opt-175b", "bf16"),
        ("NousResearch/Hermes-4-405B", "llama-3.1-405b", "bf16"),
        ("Qwen/Qwen3.5-9B", "qwen3.5-9b", "bf16"),
        ("unsloth/Qwen3-30B-A3B-GGUF:Q4_K_M", "qwen3-30b-a3b", "int4"),
        ("llama3.1:8b-instruct-q8_0", "llama-3.1-8b", "int8"),
        ("llama3.1:8b-instruct-fp16", "llama-3.1-8b", "bf16"),
        ("Llama-3.3-70B-Instruct-IQ4_XS.gguf", "llama-3.3-70b", "int4"),
        ("unsloth/gpt-oss-20b-GGUF:UD-Q8_K_XL", "gpt-oss-20b", "int8"),
        ("mlx-community/GLM-5-MXFP4-Q8", "glm-5", "mxfp4"),
        ("mlx-community/NVIDIA-Nemotron-3-Nano-30B-A3B-MLX-4Bit", "nemotron-3-nano-30b-a3b", "int4"),
        ("QuantTrio/GLM-4.6-GPTQ-Int4-Int8Mix", "glm-4.6", "int4"),
    ],
)
def test_a_build_is_its_base_model_in_its_own_format(typed: str, name: str, form: str) -> None:
    model = load_model(typed, CATALOG)
    assert (model.key, model.native_format) == (name, form)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("llama3.1:8b", "llama-3.1-8b"), ("qwen3:30b-a3b", "qwen3-30b-a3b"), ("gpt-oss:20b", "gpt-oss-20b"),
        ("gemma3:27b", "gemma-3-27b"), ("llama3-8b-instruct", "llama-3-8b"), ("qwen2.5:72b", "qwen2.5-72b"),
        ("deepseek-r1:70b", "deepseek-r1-distill-llama-70b"), ("deepseek-r1:671b", "deepseek-r1"),
        ("qwen3-coder-480b", "qwen3-coder-480b-a35b"), ("qwen3-235b", "qwen3-235b-a22b"),
        ("qwen3-next-80b", "qwen3-next-80b-a3b"), ("kimi-linear", "kimi-linear-48b-a3b"),
        ("tinyllama", "tinyllama-1.1b"),
        ("moonshotai/Kimi-K3", "kimi-k3"), ("step-3.5-flash", "step-3.5-flash"),
        ("LongCat-Flash-Lite", "longcat-flash-lite"),
        ("trinity-large-preview", "trinity-large"), ("gemma-3n-e2b", "gemma-3n-e2b"), ("vicuna-13b", "llama-2-13b"),
        ("gpt2", "gpt-2"), ("openai-community/gpt2-xl", "gpt-2-xl"), ("microsoft/phi-2", "phi-2"),
        ("HuggingFaceH4/zephyr-7b-beta", "mistral-7b-v0.1"), ("mistralai/Mistral-7B-Instruct-v0.2", "mistral-7b-v0.2"),
        ("meta llama 3.1 8b", "llama-3.1-8b"), ("microsoft/Phi-3.5-mini-instruct", "phi-3-mini-128k"),
        ("Qwen/Qwen2-7B-Instruct", "qwen2.5-7b"), ("Qwen/Qwen1.5-110B-Chat", "qwen1.5-110b"),
        ("deepseek-coder:33b", "deepseek-coder-33b"), ("granite4:small-h", "granite-4.0-h-small"),
    ],
)  # fmt: skip
def test_a_name_is_the_same_however_it_is_spelt(typed: str, name: str) -> None:
    assert load_model(typed, CATALOG).key == name


@pytest.mark.parametrize("typed", ["qwen3", "llama", "gemma", "gemma-3", "olmo-2", "llama-3", "deepseek-v", "qwen3-2"])
def test_a_name_that_several_models_go_on_from_is_none_of_them(typed: str) -> None:
    with pytest.raises(NotFound, match="nearest"):
        load_model(typed, CATALOG)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RECORDS)), st.sampled_from(["-", ":", "_", " ", ""]))
def test_every_models_name_is_known_with_other_separators(name: str, separator: str) -> None:
    assert load_model(name.replace("-", separator) if RECORDS[name].facts.get("layers") else name, CATALOG).key == name


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RECORDS)), st.sampled_from(sorted(FORMATS)), st.sampled_from(["", "someone/"]))
def test_every_model_has_builds_in_every_format(name: str, word: str, publisher: str) -> None:
    build = find_build(f"{publisher}{name}-{word}", CATALOG)
    assert build is not None
    assert (build[0].name, build[1]) == (name, FORMATS[word])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_a_name_is_a_model_or_is_refused(name: str) -> None:
    try:
        model = load_model(name, CATALOG)
    except WattlineError:
        return
    assert model.key in RECORDS


@pytest.mark.parametrize("name", ["phi-4-multimodal", "phi-4-multimodal-instruct"])
def test_a_kin_of_a_known_family_is_told_the_family(name: str) -> None:
    assert CATALOG.near_names("model", name)[0] == "phi-4"


@pytest.mark.parametrize(
    ("typed", "bits"), [("mlx-community/GLM-4.7-6bit", 6), ("unsloth/Kimi-K2.5-GGUF:UD-Q2_K_XL", 2)]
)
def test_bits_that_are_no_format_are_refused_with_the_nearest(typed: str, bits: int) -> None:
    with pytest.raises(
        WattlineError, match=f"weights of {bits} bits are no format here; the nearest is .* --precision int"
    ):
        load_model(typed, CATALOG)


@pytest.mark.parametrize(
    ("typed", "kin"),
    [("gpt-5.5", "gpt-5"), ("claude opus 4.6", "claude-opus"), ("gemini-3.1-pro", "gemini-pro"), ("grok-5", "grok-4")],
)
def test_a_newer_version_of_a_closed_model_is_told_the_nearest_with_a_range(typed: str, kin: str) -> None:
    with pytest.raises(NotFound, match=f"`wattline prompt {kin}` gives a range"):
        load_model(typed, CATALOG)


def test_a_gguf_states_no_format() -> None:
    with pytest.raises(WattlineError, match="a GGUF comes in many formats"):
        load_model("unsloth/Qwen3-8B-GGUF", CATALOG)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("gpt-4o", "closed model of OpenAI"),
        ("claude-opus-4-5", "closed model of Anthropic"),
        ("gemini-2.5-pro", "closed model of Google"),
        ("black-forest-labs/FLUX.1-dev", "makes images"),
        ("Wan-AI/Wan2.1-T2V-14B", "makes video"),
        ("openai/whisper-large-v3", "wattline transcribe"),
        ("Qwen/Qwen3-Embedding-8B", "wattline embed"),
        ("BAAI/bge-m3", "wattline embed"),
        ("openai/clip-vit-large-patch14", "wattline embed"),
    ],
)
def test_what_cannot_be_worked_out_says_what_it_is(typed: str, says: str) -> None:
    with pytest.raises(NotFound, match=says.replace(".", r"\.")):
        load_model(typed, CATALOG)


def config(tmp_path: Path, folder: str, **changes: object) -> Path:
    path = tmp_path / folder / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**LLAMA, **changes}))
    return path


def test_a_config_becomes_an_entry_that_describes_the_same_model(tmp_path: Path) -> None:
    paths = [config(tmp_path, "someone--Their-8B"), config(tmp_path, "someone--Their-16B", num_hidden_layers=68)]
    out = tmp_path / "models.toml"
    with pytest.raises(SystemExit) as ended:
        main(["catalog", "add-model", *map(str, paths), "--document", 'a "page"', "--year", "2026", "--save", str(out)])
    assert ended.value.code == 0
    models = {name: model_from_record(record) for name, record in read_records("model", out.read_text(), "x")}
    assert models["their-8b"].total_params == load_model("llama-3.1-8b", CATALOG).total_params
    assert models["their-16b"].layers == 68


def test_a_config_whose_count_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    path = config(tmp_path, "someone--Their-8B", num_hidden_layers=48)
    with pytest.raises(SystemExit) as ended:
        main(["catalog", "add-model", str(path), "--document", "a page"])
    assert ended.value.code == 2


def test_a_name_without_a_size_needs_the_published_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, "someone--theirs")
    with pytest.raises(SystemExit) as ended:
        main(["catalog", "add-model", str(path), "--document", "a page"])
    assert ended.value.code == 2
    assert "give --params" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["catalog", "add-model", str(path), "--document", "a page", "--params", "8.03B"])
    assert ended.value.code == 0


def test_an_architecture_that_is_not_known_is_no_architecture_that_was_never_published() -> None:
    assert all(
        "total_params" in record.facts for record in RECORDS.values() if not record.meta.get("architecture_known", True)
    )


@pytest.mark.parametrize("name", ["qwen3.8-max", "nemotron-ultra-253b"])
def test_a_model_of_unknown_architecture_names_others_of_its_size(name: str) -> None:
    with pytest.raises(WattlineError, match="of its size and known: ") as refused:
        prompt(name, draws=0)
    names = str(refused.value).rpartition(": ")[2].split(", ")
    own = catalog.default().find("model", name)["total_params"].value
    assert len(names) == 3
    for each in names:
        record = catalog.default().find("model", each)
        assert "layers" in record.facts
        assert 0.4 < record["total_params"].value / own < 2.5


@pytest.mark.parametrize("name", ["gpt-5", "claude-opus", "gemini-3-pro", "grok-4", "copilot"])
def test_a_name_outside_the_catalog_is_said_what_it_is_with_models_to_take(name: str) -> None:
    with pytest.raises(NotFound, match="nearest that can be: ") as refused:
        load_model(name, CATALOG)
    near = str(refused.value).partition("nearest that can be: ")[2].partition(";")[0].split(", ")
    for each in near:
        assert catalog.default().find("model", each).name
