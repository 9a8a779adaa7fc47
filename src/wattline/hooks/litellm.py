"""LiteLLM: ``litellm.callbacks = [LiteLLMEnergy()]``, on the machine whose sensors see the model at work.

Joules that go while several requests are under way are shared among them alike. A model of somebody else's machine is
not measured here: `wattline prompt` estimates it, and `wattline proxy` shares by tokens.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

from wattline.hooks.live_total import LiveTotal

KEPT = 1000


@dataclass(frozen=True)
class CallEnergy:
    """A call's energy. ``joules``: None where no sensor gave readings."""

    model: str
    joules: float | None
    output_tokens: int

    @property
    def joules_per_token(self) -> float | None:
        return None if self.joules is None or not self.output_tokens else self.joules / self.output_tokens


@dataclass
class _OpenCall:
    joules: float | None = field(default=None)


class LiteLLMEnergy(CustomLogger):
    """Energy of each call. ``calls``: the latest of them, the newest last."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: deque[CallEnergy] = deque(maxlen=KEPT)
        self._total = LiveTotal()
        self._lock = threading.Lock()
        self._open: dict[str, _OpenCall] = {}
        self._last_j: float | None = None

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        """A call begins.

        Parameters
        ----------
        model, messages : of the call, not read
        kwargs : of the call, with its id
        """
        with self._lock:
            self._share()
            self._open.setdefault(_name(kwargs), _OpenCall())

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A call has its answer.

        Parameters
        ----------
        kwargs : of the call, with its id
        response_obj : the answer, with its tokens
        start_time, end_time : of the call, not read
        """
        self._close(kwargs, response_obj)

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A call failed: what it took is its own too.

        Parameters
        ----------
        kwargs : of the call, with its id
        response_obj, start_time, end_time : of the call, not read
        """
        self._close(kwargs, None)

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A call has its answer, in a loop.

        Parameters
        ----------
        kwargs : of the call, with its id
        response_obj : the answer, with its tokens
        start_time, end_time : of the call, not read
        """
        self._close(kwargs, response_obj)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A call failed, in a loop.

        Parameters
        ----------
        kwargs : of the call, with its id
        response_obj, start_time, end_time : of the call, not read
        """
        self._close(kwargs, None)

    def _close(self, kwargs: Any, response: Any) -> None:
        with self._lock:
            self._share()
            call = self._open.pop(_name(kwargs), None)
            if call is None:  # told twice, by the plain and the asynchronous event
                return
            usage = getattr(response, "usage", None)
            tokens = int(getattr(usage, "completion_tokens", 0) or 0)
            self.calls.append(CallEnergy(str(kwargs.get("model", "")), call.joules, tokens))

    def _share(self) -> None:
        """Give what went since the last event to the calls that are under way, alike."""
        now = self._total.joules()
        if now is not None and self._last_j is not None and self._open:
            part = (now - self._last_j) / len(self._open)
            for call in self._open.values():
                call.joules = (call.joules or 0.0) + part
        self._last_j = now


def _name(kwargs: Any) -> str:
    """What tells a call apart from the others."""
    return str(kwargs.get("litellm_call_id") or id(kwargs))
