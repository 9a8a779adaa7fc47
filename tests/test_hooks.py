"""Callbacks of trainers and servers, in the order in which these call them: energy by step, epoch and token."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace

import pytest

import wattline as wl
from fake_sensors import fakes
from hooks_stand_ins import (
    Logger,
    accelerate_loop,
    install,
    keras_fit,
    lightning_trainer,
    module,
    transformers_trainer,
    work,
)
from wattline.meter.live.active import finish
from wattline.meter.readers.detect import read


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A machine of 100 W, and stand-ins of the libraries."""
    monkeypatch.chdir(tmp_path)
    install(monkeypatch)
    finish()
    wl.metering(tmp_path / "run.wattline", "10ms", fakes(1))
    yield tmp_path / "run.wattline"
    finish()


def names(path):
    finish()
    return [window.name for window in read(path).windows]


def check(last: dict[str, float], tokens: float, steps: int) -> None:
    """A run's energies hang together, at 100 W."""
    assert last["energy/run_watts"] == pytest.approx(100, rel=0.4)
    assert last["energy/run_joules_per_step"] * steps == pytest.approx(last["energy/run_joules"])
    assert last["energy/run_joules_per_token"] * tokens == pytest.approx(last["energy/run_joules"])
    assert last["energy/epoch_joules"] < last["energy/run_joules"]


def test_transformers(place):
    from wattline.hooks.transformers import TransformersEnergy

    callback = TransformersEnergy()
    state = transformers_trainer(callback)
    check(callback.last, tokens=640, steps=10)
    logged = [row for row in state.log_history if "energy/joules_per_token" in row]
    assert len(logged) >= 4
    assert [name for name in names(place) if name.startswith("train")] == ["train", "train epoch 1", "train epoch 2"]


def test_only_one_rank_of_a_machine_measures(place):
    from wattline.hooks.transformers import TransformersEnergy

    callback = TransformersEnergy()
    state = transformers_trainer(callback, rank=1)
    assert callback.last == {}
    assert not any(name.startswith("energy") for row in state.log_history for name in row)


def test_lightning(place):
    from wattline.hooks.lightning import LightningEnergy

    callback, logger = LightningEnergy(tokens=len), Logger()
    lightning_trainer(callback, logger)
    check(callback.last, tokens=256, steps=8)
    assert [step for step, _ in logger.rows] == [2, 4, 4, 6, 8, 8, 8]


def test_lightning_ends_its_windows_where_training_fails(place):
    from wattline.hooks.lightning import LightningEnergy

    callback = LightningEnergy()
    trainer = SimpleNamespace(local_rank=0, global_rank=0, current_epoch=0)
    callback.on_train_start(trainer, None)
    callback.on_train_epoch_start(trainer, None)
    work()
    callback.on_exception(trainer, None, RuntimeError())
    finish()
    assert all(window.end_s is not None for window in read(place).windows)


def test_accelerate(place):
    from wattline.hooks.accelerate import AccelerateEnergy

    tracker, writer = AccelerateEnergy(writer=Logger()), Logger()
    tracker._writer = writer
    accelerate_loop(tracker)
    assert tracker.last["energy/run_joules_per_step"] * 6 == pytest.approx(tracker.last["energy/run_joules"])
    assert tracker.last["energy/joules_per_token"] > 0
    assert {step for step, _ in writer.rows} == {1, 2, 3, 4, 5, 6}


def test_keras(place):
    from wattline.hooks.keras import KerasEnergy

    callback = KerasEnergy(tokens_per_step=16)
    history = keras_fit(callback)
    check(callback.last, tokens=128, steps=8)
    assert [sorted(logs) for logs in history] == [
        [*(f"energy_epoch_{name}" for name in ("joules", "joules_per_step", "joules_per_token", "watts")), "loss"]
    ] * 2


def test_a_loop_of_ones_own_sends_to_wandb_and_mlflow_where_they_are_open(place, monkeypatch):
    from wattline.hooks.loop import LoopEnergy

    sent: list[tuple[str, dict[str, float]]] = []
    wandb = module("wandb", run=object(), log=lambda metrics: sent.append(("wandb", metrics)))
    mlflow = module(
        "mlflow", active_run=lambda: object(), log_metrics=lambda metrics, step: sent.append(("mlflow", metrics))
    )
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    with LoopEnergy(every=2) as energy:
        for _ in range(2):
            for _ in energy.epoch(range(4)):
                work()
                energy.step(tokens=10)
    check(energy.last, tokens=80, steps=8)
    assert [name for name, _ in sent].count("wandb") == [name for name, _ in sent].count("mlflow") == 7
    assert sent[0][1]["energy/step"] == 2


def test_nothing_is_sent_where_nothing_is_open(place, monkeypatch):
    from wattline.hooks.sinks import send

    monkeypatch.setitem(sys.modules, "wandb", module("wandb", run=None))
    monkeypatch.setitem(sys.modules, "mlflow", module("mlflow", active_run=lambda: None))
    assert send({"energy/watts": 1.0}, 1) == []


def test_without_a_sensor_energy_is_unknown_and_not_zero(tmp_path):
    from wattline.hooks.loop import LoopEnergy

    finish()
    wl.metering(tmp_path / "none.wattline", "10ms", [])
    with LoopEnergy(every=1) as energy:
        work()
        assert energy.step(tokens=5) == {}
    assert energy.last == {}


def test_vllm(place):
    from wattline.hooks.vllm import VllmEnergy

    logger = VllmEnergy(SimpleNamespace(), 0)
    logger.log_engine_initialized()
    for _ in range(5):
        work()
        logger.record(SimpleNamespace(), SimpleNamespace(num_generation_tokens=8, num_prompt_tokens=2), None, 0)
    logger.record(scheduler_stats=None, iteration_stats=None, mm_cache_stats=None, engine_idx=0)
    logger.log()
    assert (logger.output_tokens, logger.prompt_tokens) == (40, 10)
    assert logger.last["energy/joules_per_token"] * 40 == pytest.approx(logger.last["energy/joules_per_step"] * 5)
    from prometheus_client import REGISTRY

    assert REGISTRY.get_sample_value("wattline_serving_power_watts") == pytest.approx(logger.last["energy/watts"])
    second = VllmEnergy(SimpleNamespace(), 1)
    second.log()
    assert second.last == {}
    logger.energy.end()


def test_litellm_shares_what_goes_while_calls_overlap(place):
    from wattline.hooks.litellm import LiteLLMEnergy

    energy = LiteLLMEnergy()
    answer = SimpleNamespace(usage=SimpleNamespace(completion_tokens=20))
    first, second = {"litellm_call_id": "a", "model": "m"}, {"litellm_call_id": "b", "model": "m"}
    for _ in range(3):
        work()  # the first readings
    energy.log_pre_api_call("m", [], first)
    work()
    energy.log_pre_api_call("m", [], second)
    work()
    energy.log_success_event(first, answer, None, None)
    asyncio.run(energy.async_log_success_event(first, answer, None, None))  # told again: counts once
    work()
    energy.log_failure_event(second, None, None, None)
    a, b = energy.calls
    assert (a.output_tokens, b.output_tokens, b.joules_per_token) == (20, 0, None)
    assert a.joules is not None
    assert b.joules is not None
    assert a.joules_per_token == pytest.approx(a.joules / 20)
    assert min(a.joules, b.joules) > 0


def test_where_another_process_samples_its_journal_tells(place):
    code = (
        "import time; from wattline.hooks.loop import LoopEnergy\n"
        "with LoopEnergy(every=1) as energy:\n"
        "    for _ in range(13): time.sleep(0.1); energy.step(tokens=1)\n"
        "print(energy.last.get('energy/run_joules', 0))"
    )
    with wl.measure("around"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 50


def test_importing_the_hooks_imports_no_library() -> None:
    code = (
        "import sys, wattline.hooks.loop, wattline.hooks.training\n"
        "print([name for name in ('torch', 'wandb', 'mlflow', 'transformers', 'lightning') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
