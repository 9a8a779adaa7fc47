"""Energy of a training by step, epoch and token: what every callback does, without any of their libraries."""

from __future__ import annotations

from time import monotonic

from wattline.hooks.live_total import LiveTotal
from wattline.meter.live.measurement import Measurement

Metrics = dict[str, float]


class _Since:
    """What was done since a mark: steps, tokens, joules and seconds."""

    def __init__(self, joules: float) -> None:
        self.joules, self.at_s = joules, monotonic()
        self.steps, self.tokens = 0, 0.0

    def metrics(self, now_j: float | None, prefix: str) -> Metrics:
        """Watts, and joules of a step and token; without those that are not known."""
        seconds = monotonic() - self.at_s
        if now_j is None or seconds <= 0:
            return {}
        joules = now_j - self.joules
        out = {f"{prefix}joules": joules, f"{prefix}watts": joules / seconds}
        if self.steps:
            out[f"{prefix}joules_per_step"] = joules / self.steps
        if self.tokens > 0:
            out[f"{prefix}joules_per_token"] = joules / self.tokens
        return out


class TrainingEnergy:
    """Windows over the run and its epochs in the journal, and metrics of what went since the last ones.

    ``name``: of the window over the run. A call takes microseconds; nothing waits for an accelerator at a step.
    """

    def __init__(self, name: str = "train") -> None:
        self.name = name
        self.run: Measurement | None = None
        self._total: LiveTotal | None = None
        self._epoch: Measurement | None = None
        self._since = self._in_epoch = self._in_run = _Since(0.0)

    def begin(self) -> None:
        """The training begins."""
        if self.run is not None:
            self.end()
        self.run = Measurement(self.name).begin(nest=False)
        self._total = LiveTotal()
        self._since, self._in_epoch, self._in_run = _Since(0.0), _Since(0.0), _Since(0.0)

    def begin_epoch(self, number: int) -> None:
        """An epoch begins; one that is open ends."""
        self._close_epoch()
        self._epoch = Measurement(f"{self.name} epoch {number}").begin(nest=False)
        self._in_epoch = _Since(self._now() or 0.0)

    def step(self, tokens: float = 0.0, steps: int = 1) -> None:
        """So many steps are done, with so many tokens.

        Parameters
        ----------
        tokens : number of tokens in all these steps; 0 where they are not counted
        steps : number of steps
        """
        for each in (self._since, self._in_epoch, self._in_run):
            each.steps += steps
            each.tokens += tokens

    def metrics(self) -> Metrics:
        """Since the last call: ``energy/watts``, ``energy/joules_per_step``, ``energy/joules_per_token``,
        and joules since the begin, ``energy/total_joules``. Empty where no sensor gives readings."""
        now = self._now()
        if now is None:  # what was done goes to the next
            return {}
        out = self._since.metrics(now, "energy/")
        out.pop("energy/joules", None)
        self._since = _Since(now)
        return out | {"energy/total_joules": now}

    def end_epoch(self) -> Metrics:
        """The epoch ends: ``energy/epoch_joules``, ``…_watts``, ``…_joules_per_step``, ``…_joules_per_token``."""
        if self._epoch is not None and self._in_epoch.tokens > 0:
            self._epoch.count(tokens=self._in_epoch.tokens)
        self._close_epoch()
        return self._in_epoch.metrics(self._now(), "energy/epoch_")

    def end(self) -> Metrics:
        """The training ends: ``energy/run_joules`` and its like."""
        if self.run is None:
            return {}
        self._close_epoch()
        if self._in_run.tokens > 0:
            self.run.count(tokens=self._in_run.tokens)
        out = self._in_run.metrics(self._now(), "energy/run_")
        self.run.end()
        if self._total is not None:
            self._total.close()
        self.run, self._total = None, None
        return out

    def _close_epoch(self) -> None:
        if self._epoch is not None:
            self._epoch.end()
            self._epoch = None

    def _now(self) -> float | None:
        return None if self._total is None else self._total.joules()
