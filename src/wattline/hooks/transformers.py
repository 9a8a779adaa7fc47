"""Hugging Face: ``Trainer(..., callbacks=[TransformersEnergy()])``."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from wattline.hooks.sinks import ScalarWriter, send
from wattline.hooks.training import Metrics, TrainingEnergy


class TransformersEnergy(TrainerCallback):
    """Energy of a ``Trainer``'s run: at each of its logs into W&B, MLflow and TensorBoard, and its ``log_history``.

    ``tokens_per_step``: tokens of a step, where the trainer does not count them (``include_num_input_tokens_seen``).
    ``writer``: of TensorBoard.
    """

    def __init__(self, tokens_per_step: float = 0.0, writer: ScalarWriter | None = None) -> None:
        self.energy = TrainingEnergy()
        self.last: Metrics = {}
        self._tokens_per_step, self._writer = tokens_per_step, writer
        self._seen = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training begins; the first process of a machine measures.

        Parameters
        ----------
        args, control : of Transformers' trainer, not read
        state : of the trainer, with the tokens seen so far
        """
        if state.is_local_process_zero:  # the ranks of a machine share its sensors
            self._seen = float(getattr(state, "num_input_tokens_seen", 0) or 0)
            self.energy.begin()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """An epoch begins.

        Parameters
        ----------
        args, control : of Transformers' trainer, not read
        state : of the trainer, with its epoch
        """
        if self.energy.run is not None:
            self.energy.begin_epoch(int(state.epoch or 0) + 1)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A step is done: its tokens are counted.

        Parameters
        ----------
        args, control : of Transformers' trainer, not read
        state : of the trainer, with the tokens seen so far
        """
        if self.energy.run is not None:
            seen = float(getattr(state, "num_input_tokens_seen", 0) or 0)
            tokens, self._seen = seen - self._seen, seen
            self.energy.step(tokens if tokens > 0 else self._tokens_per_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """The trainer logs: the energy since it last did is logged too.

        Parameters
        ----------
        args, control, logs : of Transformers' trainer, not read
        state : of the trainer, with its step
        """
        if self.energy.run is not None:
            self._give(self.energy.metrics(), state)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """An epoch is done; its energy is logged.

        Parameters
        ----------
        args, control : of Transformers' trainer, not read
        state : of the trainer, with its step
        """
        if self.energy.run is not None:
            self._give(self.energy.end_epoch(), state)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training is done; its energy is logged.

        Parameters
        ----------
        args, control : of Transformers' trainer, not read
        state : of the trainer, with its step
        """
        if self.energy.run is not None:
            self._give(self.energy.end(), state)

    def _give(self, metrics: Metrics, state: Any) -> None:
        if not metrics:
            return
        self.last |= metrics
        if state.log_history:
            state.log_history[-1] |= metrics
        if state.is_world_process_zero:
            send(metrics, int(state.global_step), self._writer)
