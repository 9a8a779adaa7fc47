"""A loop of one's own, in PyTorch or anything else.

with LoopEnergy(every=10) as energy:
    for batch in energy.epoch(loader):
        loss = model(batch).backward()
        energy.step(tokens=batch.numel())
print(energy.last)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from wattline.core.errors import WattlineError
from wattline.hooks.sinks import ScalarWriter, send
from wattline.hooks.training import Metrics, TrainingEnergy

Batch = TypeVar("Batch")


class LoopEnergy:
    """Energy by step and epoch, into W&B, MLflow and TensorBoard where they are open.

    ``every``: steps between two sets of metrics. ``writer``: of TensorBoard. ``last``: the latest of each metric.
    """

    def __init__(self, every: int = 10, name: str = "train", writer: ScalarWriter | None = None) -> None:
        if every < 1:
            raise WattlineError(f"every: {every} is no number of steps; give 1 or more")
        self.energy = TrainingEnergy(name)
        self.every, self.steps, self.epochs = every, 0, 0
        self.last: Metrics = {}
        self._writer = writer

    def __enter__(self) -> LoopEnergy:
        self.energy.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give(self.energy.end())

    def epoch(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches, with a window over all of them.

        Parameters
        ----------
        batches : of one pass over the data, of any kind

        Returns
        -------
        The same batches in order; the epoch's energy is reported when the last is done or the loop ends.
        """
        self.epochs += 1
        self.energy.begin_epoch(self.epochs)
        try:
            yield from batches
        finally:
            self._give(self.energy.end_epoch())

    def step(self, tokens: float = 0.0) -> Metrics:
        """A step is done.

        Parameters
        ----------
        tokens : number of tokens in the step; 0 where they are not counted

        Returns
        -------
        The metrics since they were last due, by name; empty between.
        """
        self.steps += 1
        self.energy.step(tokens)
        if self.steps % self.every:
            return {}
        metrics = self.energy.metrics()
        self._give(metrics)
        return metrics

    def _give(self, metrics: Metrics) -> None:
        self.last |= metrics
        if metrics:
            send(metrics, self.steps, self._writer)
