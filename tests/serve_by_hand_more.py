"""Pools and scaling on top of the plain simulator: one event after the other."""

from __future__ import annotations

import math
from typing import Any

from serve_by_hand import ByHand, Job


def pools_by_hand(read: Any, made: Any, case: dict[str, Any], sends: Any) -> tuple[list[Job], list[Job], Any, Any]:
    """Jobs of both pools (those of the second by index) and their replicas; ``read`` and ``made``: tables, limits."""
    rows = zip(case["arrival"], case["inputs"], case["outputs"], sends, strict=True)
    first = [Job(i, float(a), int(x), 1, send=float(s) if y > 1 else 0.0) for i, (a, x, y, s) in enumerate(rows)]
    single = ByHand(*read, case["readers"])
    single.run(first, case["router"])
    going = sorted((job for job in first if case["outputs"][job.index] > 1), key=lambda job: (job.sent, job.index))
    then = [
        Job(n, job.sent, job.inputs, int(case["outputs"][job.index]), made=1, came=True) for n, job in enumerate(going)
    ]
    two = ByHand(*made, case["replicas"])
    two.run(then, case["router"])
    return first, [then[going.index(job)] if job in going else job for job in first], single.replicas, two.replicas


class ScaledByHand(ByHand):
    """Replicas that are started and stopped; ``log`` holds (replica, state, since)."""

    def __init__(self, tables: Any, limits: Any, count: int, scaling: Any, router: str) -> None:
        super().__init__(tables, limits, count)
        self.sc, self.router, self.turn = scaling, router, 0
        self.state = ["ready" if r < scaling.least else "stopped" for r in range(count)]
        self.when = [0.0] * count  # ready at, or to stop since
        self.log = [(r, state, 0.0) for r, state in enumerate(self.state)]
        self.wishes = [(0.0, scaling.least)]
        self.pending: list[Job] = []

    def which(self, state: str) -> list[int]:
        return [r for r, s in enumerate(self.state) if s == state]

    def load(self, r: int) -> int:
        replica = self.replicas[r]
        return len(replica.queue) + len(replica.running) + (replica.reading is not None)

    def turn_to(self, r: int, state: str, now: float) -> None:
        self.state[r] = state
        if state != "to stop":
            self.log.append((r, state, now))

    def serve(self, jobs: list[Job], horizon: float) -> None:
        todo, check = list(jobs), self.sc.interval_s
        while True:
            starts = [self.when[r] for r in self.which("starting")]
            now = min([check, *starts, *(job.arrival for job in todo[:1])])
            for replica in self.replicas:
                self.advance(replica, now)
            for r in self.which("starting"):
                if self.when[r] <= now:
                    self.turn_to(r, "ready", now)
                    self.replicas[r].clock = max(self.replicas[r].clock, now)
            if now == check:
                self.look(now)
                check += self.sc.interval_s
                idle = all(self.load(r) == 0 for r in range(len(self.replicas)))
                if idle and not todo and not self.pending and now >= horizon:
                    return
            elif (not starts or now < min(starts)) and todo and todo[0].arrival == now:
                self.pending.append(todo.pop(0))
                if not self.which("ready") and not self.which("starting"):
                    self.settle(now)
                    self.start(1, now)
            self.send_pending()

    def send_pending(self) -> None:
        ready = self.which("ready")
        while ready and self.pending:
            job = self.pending.pop(0)
            least = min(ready, key=lambda r: (self.load(r), r))
            place = least if self.router == "least-loaded" else ready[self.turn % len(ready)]
            self.turn += 1
            job.replica, replica = place, self.replicas[place]
            if self.load(place) == 0:
                replica.clock = max(replica.clock, job.arrival)
            replica.queue.append(job)

    def free(self, r: int, now: float) -> bool:
        return self.load(r) == 0 and self.replicas[r].clock <= now

    def settle(self, now: float) -> None:
        for r in self.which("to stop"):
            if self.free(r, now):
                self.turn_to(r, "stopped", max(self.replicas[r].clock, self.when[r]))

    def look(self, now: float) -> None:
        self.settle(now)
        requests = sum(self.load(r) for r in self.which("ready")) + len(self.pending)
        wish = min(max(math.ceil(requests / self.sc.target), self.sc.least), len(self.replicas))
        self.wishes.append((now, wish))
        have = len(self.which("ready") + self.which("starting"))
        hold = max(w for t, w in self.wishes if t >= now - self.sc.down_after_s)
        if wish > have:
            self.start(wish - have, now)
        for _ in range(have - hold if wish <= have else 0):
            starting = self.which("starting")
            if starting:
                r = max(starting, key=lambda r: (self.when[r], r))
                self.turn_to(r, "stopped", now)
            else:
                r = min(self.which("ready"), key=lambda r: (self.load(r), -r))
                self.when[r] = now
                self.turn_to(r, "stopped" if self.free(r, now) else "to stop", now)

    def start(self, count: int, now: float) -> None:
        for _ in range(count):
            if back := self.which("to stop"):
                self.state[back[0]] = "ready"
            elif off := self.which("stopped"):
                self.when[off[0]] = now + self.sc.start_s
                self.turn_to(off[0], "starting", now)
