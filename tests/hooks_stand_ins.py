"""Light stand-ins of trainers and servers: the bases of callbacks, and the order of calls."""

from __future__ import annotations

import sys
import time
from types import ModuleType, SimpleNamespace
from typing import Any

STEP_S = 0.03


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    for key, value in names.items():
        setattr(made, key, value)
    return made


class Base:
    """Any base class of a callback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass


def install(monkeypatch: Any) -> None:
    """Put the stand-ins in the place of the libraries."""
    for name in [name for name in sys.modules if name.startswith("wattline.hooks.")]:
        monkeypatch.delitem(sys.modules, name)
    parts = {
        "transformers": module("transformers", TrainerCallback=Base),
        "lightning": module("lightning"),
        "lightning.pytorch": module("lightning.pytorch"),
        "lightning.pytorch.callbacks": module("lightning.pytorch.callbacks", Callback=Base),
        "accelerate": module("accelerate"),
        "accelerate.tracking": module("accelerate.tracking", GeneralTracker=Base, on_main_process=lambda f: f),
        "keras": module("keras"),
        "keras.callbacks": module("keras.callbacks", Callback=Base),
        "vllm": module("vllm"),
        "vllm.v1": module("vllm.v1"),
        "vllm.v1.metrics": module("vllm.v1.metrics"),
        "vllm.v1.metrics.loggers": module("vllm.v1.metrics.loggers", StatLoggerBase=Base),
        "litellm": module("litellm"),
        "litellm.integrations": module("litellm.integrations"),
        "litellm.integrations.custom_logger": module("litellm.integrations.custom_logger", CustomLogger=Base),
    }
    for name, made in parts.items():
        monkeypatch.setitem(sys.modules, name, made)


def work() -> None:
    time.sleep(STEP_S)


def transformers_trainer(callback: Any, epochs: int = 2, steps: int = 5, rank: int = 0) -> Any:
    """As ``Trainer.train`` calls a callback; it logs at every second step, and sums up in a last log."""
    state = SimpleNamespace(
        is_local_process_zero=rank == 0, is_world_process_zero=rank == 0, epoch=0.0, global_step=0, log_history=[],
        num_input_tokens_seen=0,
    )  # fmt: skip
    args, control = SimpleNamespace(), SimpleNamespace()

    def log(values: dict[str, float]) -> None:
        state.log_history.append({**values, "step": state.global_step})
        callback.on_log(args, state, control, logs=values, model=None)

    callback.on_train_begin(args, state, control, model=None)
    for epoch in range(epochs):
        callback.on_epoch_begin(args, state, control)
        for i in range(steps):
            work()
            state.global_step += 1
            state.epoch = epoch + (i + 1) / steps
            state.num_input_tokens_seen += 64
            callback.on_step_end(args, state, control)
            if state.global_step % 2 == 0:
                log({"loss": 1.0})
        callback.on_epoch_end(args, state, control)
    log({"train_loss": 1.0})
    callback.on_train_end(args, state, control)
    return state


class Logger:
    """A logger of Lightning, and a writer of TensorBoard."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, float]]] = []

    def log_metrics(self, metrics: dict[str, float], step: int) -> None:
        self.rows.append((step, dict(metrics)))

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        self.rows.append((global_step, {tag: scalar_value}))


def lightning_trainer(callback: Any, logger: Logger, epochs: int = 2, steps: int = 4) -> None:
    """As Lightning's ``Trainer.fit`` calls a callback."""
    trainer = SimpleNamespace(
        local_rank=0, global_rank=0, current_epoch=0, global_step=0, log_every_n_steps=2, loggers=[logger]
    )
    callback.on_train_start(trainer, None)
    for epoch in range(epochs):
        trainer.current_epoch = epoch
        callback.on_train_epoch_start(trainer, None)
        for i in range(steps):
            work()
            trainer.global_step += 1
            callback.on_train_batch_end(trainer, None, None, [0] * 32, i)
        callback.on_train_epoch_end(trainer, None)
    callback.on_train_end(trainer, None)


def accelerate_loop(tracker: Any, steps: int = 6) -> None:
    """As an ``Accelerator`` calls a tracker."""
    tracker.start()
    tracker.store_init_configuration({"lr": 1e-4})
    for step in range(1, steps + 1):
        work()
        tracker.log({"loss": 1.0, "tokens": 64}, step=step)
    tracker.finish()


def keras_fit(callback: Any, epochs: int = 2, steps: int = 4) -> list[dict[str, float]]:
    """As ``Model.fit`` calls a callback; the logs of the epochs, as its history has them."""
    history = []
    callback.on_train_begin({})
    for epoch in range(epochs):
        callback.on_epoch_begin(epoch, {})
        for batch in range(steps):
            work()
            callback.on_train_batch_end(batch, {"loss": 1.0})
        logs = {"loss": 1.0}
        callback.on_epoch_end(epoch, logs)
        history.append(logs)
    callback.on_train_end({})
    return history
