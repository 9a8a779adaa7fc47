"""Lightning: ``Trainer(..., callbacks=[LightningEnergy()])``; every logger of the trainer gets the energy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:
    from pytorch_lightning.callbacks import Callback

from wattline.hooks.training import Metrics, TrainingEnergy


class LightningEnergy(Callback):
    """Energy of a ``Trainer``'s run, as often as it logs.

    ``tokens``: how many tokens a batch has, such as ``lambda batch: batch["input_ids"].numel()``.
    """

    def __init__(self, tokens: Callable[[Any], float] | None = None) -> None:
        self.energy = TrainingEnergy()
        self.last: Metrics = {}
        self._tokens = tokens

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Training begins; the first process of a machine measures.

        Parameters
        ----------
        trainer : Lightning's trainer
        pl_module : the model, not read
        """
        if trainer.local_rank == 0:
            self.energy.begin()

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """An epoch begins.

        Parameters
        ----------
        trainer : Lightning's trainer, which knows the epoch
        pl_module : the model, not read
        """
        if self.energy.run is not None:
            self.energy.begin_epoch(int(trainer.current_epoch) + 1)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A step is done; at the trainer's logging steps its energy is logged.

        Parameters
        ----------
        trainer : Lightning's trainer
        pl_module : the model, not read
        outputs : what the step gave, not read
        batch : the batch, whose tokens are counted where a function for it was given
        batch_idx : index of the batch in its epoch, from 0
        """
        if self.energy.run is None:
            return
        self.energy.step(0.0 if self._tokens is None else float(self._tokens(batch)))
        if (batch_idx + 1) % max(1, int(trainer.log_every_n_steps)) == 0:
            self._give(trainer, self.energy.metrics())

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """An epoch is done; its energy is logged.

        Parameters
        ----------
        trainer : Lightning's trainer
        pl_module : the model, not read
        """
        if self.energy.run is not None:
            self._give(trainer, self.energy.end_epoch())

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Training is done; its energy is logged.

        Parameters
        ----------
        trainer : Lightning's trainer
        pl_module : the model, not read
        """
        if self.energy.run is not None:
            self._give(trainer, self.energy.end())

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Training broke off; what it took is kept.

        Parameters
        ----------
        trainer, pl_module : of Lightning, not read
        exception : why, not read
        """
        if self.energy.run is not None:
            self.last |= self.energy.end()

    def _give(self, trainer: Any, metrics: Metrics) -> None:
        self.last |= metrics
        if metrics and trainer.global_rank == 0:
            for logger in trainer.loggers:
                logger.log_metrics(metrics, step=int(trainer.global_step))
