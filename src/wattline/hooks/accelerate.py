"""Accelerate: ``Accelerator(log_with=[AccelerateEnergy(), "wandb"])``; each ``accelerator.log`` carries the energy."""

from __future__ import annotations

from typing import Any

from accelerate.tracking import GeneralTracker, on_main_process

from wattline.hooks.sinks import ScalarWriter, send
from wattline.hooks.training import Metrics, TrainingEnergy


class AccelerateEnergy(GeneralTracker):
    """Energy since the last ``accelerator.log``, into W&B, MLflow and TensorBoard where they are open.

    ``tokens``: the name among the logged values that counts tokens since the last log. ``writer``: of TensorBoard.
    """

    name = "wattline"
    requires_logging_directory = False
    main_process_only = True

    def __init__(self, tokens: str = "tokens", writer: ScalarWriter | None = None) -> None:
        super().__init__()
        self.energy = TrainingEnergy()
        self.last: Metrics = {}
        self._tokens, self._writer, self._step = tokens, writer, 0

    @property
    def tracker(self) -> TrainingEnergy:
        """What measures."""
        return self.energy

    @on_main_process
    def start(self) -> None:
        """The run begins."""
        self.energy.begin()

    @on_main_process
    def store_init_configuration(self, values: dict[str, Any]) -> None:
        """Settings of the run say nothing of its energy; older versions begin a run here."""
        if self.energy.run is None:
            self.energy.begin()

    @on_main_process
    def log(self, values: dict[str, Any], step: int | None = None, **kwargs: Any) -> None:
        """Energy since the last call.

        Parameters
        ----------
        values : what the script logs, with the tokens since the last call under the name that was given
        step : the optimizer's step; one more than last time where None
        **kwargs : of other trackers, not read
        """
        if self.energy.run is None:
            self.energy.begin()
        now = self._step + 1 if step is None else step
        self.energy.step(float(values.get(self._tokens, 0.0)), max(1, now - self._step))
        self._step = now
        metrics = self.energy.metrics()
        self.last |= metrics
        send(metrics, now, self._writer)

    @on_main_process
    def finish(self) -> None:
        """The run ends."""
        metrics = self.energy.end()
        self.last |= metrics
        if metrics:
            send(metrics, self._step, self._writer)
