"""The callbacks in the real libraries: a training of some steps in each, whose energy is logged where it should be.

Each test needs its library (the extras ``models`` and ``trainers``) and skips without it; `make test-ml` runs them.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

import wattline as wl
from wattline.meter.live.active import finish
from wattline.meter.readers.detect import read
from wattline.meter.sensors.simulated import simulated_sensors

pytestmark = pytest.mark.ml
os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = pytest.importorskip("torch", reason="needs the extra `models`")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A machine of one simulated device of 100 W."""
    monkeypatch.chdir(tmp_path)
    finish()
    wl.metering(tmp_path / "run.wattline", "20ms", simulated_sensors("1:100"))
    yield tmp_path / "run.wattline"
    finish()


def check(last: dict[str, float], tokens: float, steps: int) -> None:
    assert 60 < last["energy/run_watts"] < 140
    assert last["energy/run_joules_per_step"] * steps == pytest.approx(last["energy/run_joules"])
    if tokens:
        assert last["energy/run_joules_per_token"] * tokens == pytest.approx(last["energy/run_joules"])


def rows(length: int = 16, width: int = 16) -> Any:
    ids = torch.randint(0, 90, (length, width))
    return [{"input_ids": row, "labels": row} for row in ids]


def test_transformers_trainer_with_tensorboard(place, tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from wattline.hooks.transformers import TransformersEnergy

    config = transformers.LlamaConfig(
        vocab_size=96, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2
    )
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"), max_steps=8, per_device_train_batch_size=4, logging_steps=2, report_to=[],
        include_num_input_tokens_seen=True, save_strategy="no", use_cpu=True, disable_tqdm=True,
    )  # fmt: skip
    writers = []
    try:
        from torch.utils.tensorboard import SummaryWriter

        writers.append(SummaryWriter(str(tmp_path / "board")))
    except ImportError:
        pass
    callback = TransformersEnergy(writer=writers[0] if writers else None)
    model = transformers.LlamaForCausalLM(config)
    trainer = transformers.Trainer(model=model, args=arguments, train_dataset=rows(), callbacks=[callback])
    trainer.train()
    check(callback.last, tokens=8 * 4 * 16, steps=8)
    assert any("energy/joules_per_token" in row for row in trainer.state.log_history)
    if writers:
        writers[0].close()
        assert list((tmp_path / "board").iterdir())
    finish()
    assert "train epoch 1" in {window.name for window in read(place).windows}


def test_lightning_with_its_loggers(place, tmp_path):
    lightning = pytest.importorskip("lightning.pytorch")
    from wattline.hooks.lightning import LightningEnergy

    class Small(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(16, 1)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            return self.layer(batch).square().mean()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=1e-3)

    from lightning.pytorch.loggers import CSVLogger

    logger = CSVLogger(str(tmp_path / "logs"))
    callback = LightningEnergy(tokens=lambda batch: batch.numel())
    trainer = lightning.Trainer(
        max_epochs=2, logger=logger, callbacks=[callback], accelerator="cpu", log_every_n_steps=2,
        enable_progress_bar=False, enable_checkpointing=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Small(), torch.utils.data.DataLoader(torch.randn(32, 16), batch_size=8))
    check(callback.last, tokens=2 * 32 * 16, steps=8)
    logger.save()
    (metrics,) = (tmp_path / "logs").rglob("metrics.csv")
    assert "energy/epoch_joules" in metrics.read_text().splitlines()[0]


def test_accelerate_tracker(place):
    accelerate = pytest.importorskip("accelerate")
    from wattline.hooks.accelerate import AccelerateEnergy

    tracker = AccelerateEnergy()
    accelerator = accelerate.Accelerator(log_with=[tracker], cpu=True)
    accelerator.init_trackers("small", config={"lr": 1e-3})
    layer, optimizer = accelerator.prepare(torch.nn.Linear(16, 1), None)[0], None
    assert optimizer is None
    for step in range(1, 7):
        accelerator.backward(layer(torch.randn(64, 16)).square().mean())
        accelerator.log({"loss": 1.0, "tokens": 1024}, step=step)
    accelerator.end_training()
    check(tracker.last, tokens=6 * 1024, steps=6)


def test_keras_fit(place):
    keras = pytest.importorskip("keras")
    from wattline.hooks.keras import KerasEnergy

    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    callback = KerasEnergy()
    import numpy as np

    data = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    history = model.fit(data, data[:, :1], epochs=2, batch_size=16, verbose=0, callbacks=[callback])
    check(callback.last, tokens=0, steps=8)
    assert len(history.history["energy_epoch_joules"]) == 2


def test_a_torch_loop(place):
    from wattline.hooks.loop import LoopEnergy

    layer = torch.nn.Linear(64, 64)
    with LoopEnergy(every=5) as energy:
        for batch in energy.epoch(torch.utils.data.DataLoader(torch.randn(160, 64), batch_size=8)):
            layer(batch).square().mean().backward()
            energy.step(tokens=batch.numel())
    check(energy.last, tokens=160 * 64, steps=20)


def test_mlflow_gets_the_metrics(place, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    from wattline.hooks.loop import LoopEnergy

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    try:
        run = mlflow.start_run()
    except Exception as error:  # mlflow-skinny without its store
        pytest.skip(f"mlflow has no store here: {error}")
    with LoopEnergy(every=2) as energy:
        for _ in range(4):
            torch.randn(256, 256).square().sum()
            energy.step(tokens=8)
    kept = mlflow.get_run(run.info.run_id).data.metrics
    mlflow.end_run()
    assert kept["energy/watts"] == pytest.approx(energy.last["energy/watts"])


def test_wandb_offline_gets_the_metrics(place, tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb")
    from wattline.hooks.loop import LoopEnergy

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = wandb.init(project="wattline", dir=str(tmp_path))
    with LoopEnergy(every=2) as energy:
        for _ in range(4):
            torch.randn(256, 256).square().sum()
            energy.step(tokens=8)
    kept = dict(run.summary)
    run.finish()
    assert kept["energy/watts"] == pytest.approx(energy.last["energy/watts"])
    assert kept["energy/step"] == 4


def test_litellm_completion(place):
    litellm = pytest.importorskip("litellm")
    import time

    from wattline.hooks.litellm import LiteLLMEnergy

    energy = LiteLLMEnergy()
    litellm.callbacks = [energy]
    litellm.completion("gpt-4o", messages=[{"role": "user", "content": "?"}], mock_response="an answer of some words")
    for _ in range(100):  # its events come from a thread of its own
        if energy.calls:
            break
        time.sleep(0.05)
    litellm.callbacks = []
    assert energy.calls[-1].output_tokens > 0
