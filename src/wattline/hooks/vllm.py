"""vLLM: ``AsyncLLM.from_engine_args(..., stat_loggers=[VllmEnergy])``; watts and joules a token."""

from __future__ import annotations

import logging
from typing import Any

from vllm.v1.metrics.loggers import StatLoggerBase

from wattline.hooks.training import Metrics, TrainingEnergy

log = logging.getLogger("wattline.vllm")


class VllmEnergy(StatLoggerBase):
    """Energy of the machine that serves, by token: a line at each of vLLM's own, and gauges in its Prometheus registry.

    ``vllm_config``, ``engine_index``: as vLLM gives them. Of several engines of a process the first measures.
    """

    def __init__(self, vllm_config: Any, engine_index: int = 0) -> None:
        self.engine_index = engine_index
        self.energy = TrainingEnergy("serve")
        self.last: Metrics = {}
        self.prompt_tokens = self.output_tokens = 0
        self._gauges: dict[str, Any] = {}
        if engine_index == 0:
            self.energy.begin()
            self._gauges = _gauges()

    def record(self, scheduler_stats: Any = None, iteration_stats: Any = None, *others: Any, **more: Any) -> None:
        """A step of the engine: its tokens.

        Parameters
        ----------
        scheduler_stats : of the engine, not read
        iteration_stats : of the step, with its tokens of prompts and answers; None for a step without any
        *others, **more : of later versions of vLLM, not read
        """
        if iteration_stats is None:
            return
        output = int(getattr(iteration_stats, "num_generation_tokens", 0))
        self.prompt_tokens += int(getattr(iteration_stats, "num_prompt_tokens", 0))
        self.output_tokens += output
        self.energy.step(output)

    def log_engine_initialized(self) -> None:
        """The engine is ready: what loading took counts no longer."""
        if self.energy.run is not None:
            self.energy.metrics()

    def log(self, *others: Any, **more: Any) -> None:
        """Energy since the last call."""
        if self.energy.run is None:
            return
        metrics = self.energy.metrics()
        self.last |= metrics
        for name, gauge in self._gauges.items():
            if name in metrics:
                gauge.set(metrics[name])
        if metrics:
            per = metrics.get("energy/joules_per_token")
            token = "" if per is None else f", {per:.3g} J/token of the answers"
            log.info("Energy: %.0f W%s", metrics["energy/watts"], token)


def _gauges() -> dict[str, Any]:
    """Gauges of vLLM's own registry, where it has one."""
    try:
        from prometheus_client import REGISTRY, Gauge
    except ImportError:
        return {}
    words = {
        "energy/watts": ("wattline_serving_power_watts", "Mean power of the machine since the last log."),
        "energy/joules_per_token": ("wattline_serving_joules_per_output_token", "Joules for each token of answers."),
        "energy/total_joules": ("wattline_serving_energy_joules", "Joules since the engine began."),
    }
    known: dict[str, Any] = getattr(REGISTRY, "_names_to_collectors", {})
    return {metric: known.get(name) or Gauge(name, about) for metric, (name, about) in words.items()}
