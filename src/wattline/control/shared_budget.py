"""One budget of several machines: a folder that all see, with a file of each of what it has set, and a lock."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wattline.control.allotment import Member
from wattline.core.errors import WattlineError
from wattline.core.files import write_text
from wattline.core.reading import parse_json, read_text
from wattline.meter.journal.process import hostname

MAX_BYTES = 100_000  # of a machine's file
STATE = ("set_w", "ceiling_w", "fair_w", "time_s")
STALE_S = 30.0  # a machine that has not written for so long may have set its limits back


def _read_state(path: Path) -> dict[str, float]:
    """What another machine wrote; WattlineError where it is none, for its watts cannot be guessed."""
    try:
        state = parse_json(read_text(path, MAX_BYTES, "budget"))
        if all(math.isfinite(state[name]) and state[name] >= 0 for name in STATE):
            return {name: float(state[name]) for name in STATE}
    except (ValueError, TypeError, KeyError):
        pass
    raise WattlineError(f"budget: {path} is not the state of a machine: remove it once its limits are restored")


@dataclass
class SharedBudget:
    """This machine's part of a budget; without a folder all of it is this machine's."""

    budget_w: float
    floor_w: float
    ceiling_w: float
    folder: Path | None = None

    @classmethod
    def open(cls, folder: Path | str | None, members: Sequence[Member], budget_w: float) -> SharedBudget:
        """Join the budget.

        Parameters
        ----------
        folder : where the processes that share it meet; None for a budget of this process alone
        members : devices with their floors and ceilings [W]
        budget_w : what all devices together may draw [W]

        Returns the budget. Raises WattlineError where the floors do not fit into it.
        """
        floor, ceiling = (sum(getattr(each, name) for each in members) for name in ("floor_w", "ceiling_w"))
        if floor > budget_w:
            raise WattlineError(f"budget: the floors of the devices, {floor:g} W together, exceed {budget_w:g} W")
        made = cls(budget_w, floor, ceiling, None if folder is None else Path(folder))
        if made.folder is not None:
            made.folder.mkdir(parents=True, exist_ok=True)
        return made

    def take(self, set_w: float) -> float:
        """What this machine may have now, given what it has set [W]; written down for the others.

        Raises WattlineError where the others leave less than its floors.
        """
        if self.folder is None:
            return self.budget_w
        with self._alone():
            others = self._others()
            left = self.budget_w - sum(each["set_w"] for each in others)
            if left < self.floor_w:
                raise WattlineError(
                    f"budget: the other machines of {self.folder} have all but {left:g} W, less than the floors here"
                )
            fair = self.budget_w * self.ceiling_w / (self.ceiling_w + sum(each["ceiling_w"] for each in others))
            # nobody keeps more than their share for long where others are short of theirs
            short = any(each["set_w"] < 0.98 * min(each["ceiling_w"], each["fair_w"]) for each in others)
            mine = max(min(left, max(fair, self.floor_w) if short else left), self.floor_w)
            self._write(max(mine, set_w), fair)
            return mine

    def close(self) -> None:
        """This machine's limits stand again as before: so much is no longer the budget's."""
        if self.folder is not None:
            with self._alone():
                self._write(self.ceiling_w, self.ceiling_w)

    def _write(self, set_w: float, fair_w: float) -> None:
        assert self.folder is not None
        state = {"set_w": set_w, "ceiling_w": self.ceiling_w, "fair_w": fair_w, "time_s": time.time()}
        write_text(self.folder / f"{hostname()}.json", json.dumps(state))

    def _others(self) -> list[dict[str, float]]:
        assert self.folder is not None
        states = []
        for path in sorted(self.folder.glob("*.json")):
            if path.stem == hostname():
                continue
            state = _read_state(path)
            if time.time() - state["time_s"] > STALE_S:
                state["set_w"] = state["ceiling_w"]
            states.append(state)
        return states

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        import fcntl

        assert self.folder is not None
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
