"""Where energy goes beside the answer: W&B, MLflow and TensorBoard, where the program has them open. Imports none."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol


class ScalarWriter(Protocol):
    """A writer of TensorBoard."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> Any:
        """Write one figure, as TensorBoard's ``SummaryWriter`` does.

        Parameters
        ----------
        tag : name of the figure
        scalar_value : the figure, in the unit that its name ends with
        global_step : the step that it belongs to

        Returns what the writer gives; it is not read.
        """
        ...


def send(metrics: Mapping[str, float], step: int, writer: ScalarWriter | None = None) -> list[str]:
    """Hand metrics to whatever the program has open.

    Parameters
    ----------
    metrics : numbers by name, such as ``energy/watts``
    step : of the training
    writer : of TensorBoard, where there is one

    Returns
    -------
    The names of what took them.
    """
    taken = []
    wandb = sys.modules.get("wandb")
    if wandb is not None and getattr(wandb, "run", None) is not None:
        # W&B counts steps of its own, which must only rise: the training's stands beside
        wandb.log({**metrics, "energy/step": step})
        taken.append("wandb")
    mlflow = sys.modules.get("mlflow")
    if mlflow is not None and mlflow.active_run() is not None:
        mlflow.log_metrics(dict(metrics), step=step)
        taken.append("mlflow")
    if writer is not None:
        for name, value in metrics.items():
            writer.add_scalar(name, value, step)
        taken.append("tensorboard")
    return taken
