"""Keras: ``model.fit(..., callbacks=[KerasEnergy()])``; epochs' energy stands in the history beside the loss."""

from __future__ import annotations

from typing import Any

from keras.callbacks import Callback

from wattline.hooks.sinks import ScalarWriter, send
from wattline.hooks.training import Metrics, TrainingEnergy


class KerasEnergy(Callback):
    """Energy of ``fit`` by epoch, in its logs: what comes after it (History, TensorBoard) has it too.

    ``tokens_per_step``: tokens of a batch. ``writer``: of TensorBoard.
    """

    def __init__(self, tokens_per_step: float = 0.0, writer: ScalarWriter | None = None) -> None:
        super().__init__()
        self.energy = TrainingEnergy()
        self.last: Metrics = {}
        self._tokens_per_step, self._writer, self._steps = tokens_per_step, writer, 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._steps = 0
        self.energy.begin()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """An epoch begins.

        Parameters
        ----------
        epoch : its index, from 0
        logs : of Keras, not read
        """
        self.energy.begin_epoch(epoch + 1)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """A step of training is done.

        Parameters
        ----------
        batch : its index, not read
        logs : of Keras, not read
        """
        self._steps += 1
        self.energy.step(self._tokens_per_step)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """An epoch is done: its energy goes among the epoch's logs and to the writer.

        Parameters
        ----------
        epoch : its index, not read
        logs : of Keras, to which the energy is added
        """
        metrics = self.energy.end_epoch()
        self.last |= metrics
        if logs is not None:
            logs.update({name.replace("/", "_"): value for name, value in metrics.items()})
        if metrics:
            send(metrics, self._steps, self._writer)

    def on_train_end(self, logs: Any = None) -> None:
        metrics = self.energy.end()
        self.last |= metrics
        if metrics:
            send(metrics, self._steps, self._writer)
