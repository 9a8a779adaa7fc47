"""A serving simulator as plain as can be: one step after the other, lists and loops; to hold the fast one against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Job:
    """A request on its way."""

    index: int
    arrival: float
    inputs: int
    outputs: int
    made: int = 0
    cached: int = 0
    energy: float = 0.0
    first: float = float("nan")
    end: float = float("nan")
    replica: int = -1
    order: int = 0
    send: float = 0.0  # what sending its cache takes, once read
    sent: float = float("nan")
    came: bool = False  # its cache was sent here
    resumed: float = float("nan")

    @property
    def prompt(self) -> int:
        return self.inputs + self.made

    def blocks(self, size: int) -> int:
        return -(-self.cached // size)


@dataclass
class Replica:
    """One replica: the queue, and who runs in order of admission."""

    clock: float = 0.0
    queue: list[Job] = field(default_factory=list)
    running: list[Job] = field(default_factory=list)
    reading: Job | None = None
    reading_ticks: int = 0
    target: int = 0
    energy: float = 0.0
    busy: float = 0.0
    peak: int = 0
    preempted: int = 0
    admitted: int = 0
    link: float = 0.0
    sending: list[tuple[float, int]] = field(default_factory=list)  # when sent, and blocks


def interpolate(knots: Any, values: Any, x: float) -> float:
    i = min(max(int(np.searchsorted(knots, x, side="right")) - 1, 0), len(knots) - 2)
    return float(values[i] + (values[i + 1] - values[i]) * (x - knots[i]) / (knots[i + 1] - knots[i]))


class ByHand:
    """Replicas with the same tables and limits as the simulator's."""

    def __init__(self, tables: Any, limits: Any, count: int) -> None:
        self.t, self.lim = tables, limits
        self.replicas = [Replica() for _ in range(count)]

    def run(self, jobs: list[Job], router: str) -> None:
        for job in jobs:
            for replica in self.replicas:
                self.advance(replica, job.arrival)
            if router == "round-robin":
                place = job.index % len(self.replicas)
            else:
                loads = [len(r.queue) + len(r.running) + (r.reading is not None) for r in self.replicas]
                place = loads.index(min(loads))
            job.replica, replica = place, self.replicas[place]
            if not (replica.queue or replica.running or replica.reading):
                replica.clock = max(replica.clock, job.arrival)
            replica.queue.append(job)
        for replica in self.replicas:
            self.advance(replica, float("inf"))

    def advance(self, r: Replica, until: float) -> None:
        while r.clock < until and (r.queue or r.running or r.reading):
            self.step(r)

    def used(self, r: Replica) -> int:
        own = sum(job.blocks(self.lim.block_tokens) for job in r.running) + r.reading_ticks
        return own + sum(blocks for _, blocks in r.sending)

    def needed(self, r: Replica) -> int:
        return sum(job.cached % self.lim.block_tokens == 0 for job in r.running)

    def step(self, r: Replica) -> None:
        gave_way = False
        r.sending = [(when, blocks) for when, blocks in r.sending if when > r.clock]
        while self.used(r) + self.needed(r) > self.lim.blocks:
            self.preempt(r)
            gave_way = True
        budget = self.lim.max_num_batched_tokens - len(r.running)
        parts: list[tuple[Job, int]] = []
        if r.reading is not None and budget > 0:
            parts.append((r.reading, min(r.target - r.reading.cached, budget)))
            budget -= parts[0][1]
        free = self.lim.blocks - self.used(r) - self.needed(r)
        kept = {r.reading.index: r.reading_ticks} if r.reading is not None else {}
        while not gave_way and budget > 0 and r.queue and len(r.running) + len(parts) < self.lim.max_num_seqs:
            job = r.queue[0]
            blocks = -(-job.prompt // self.lim.block_tokens)
            others = bool(r.running or parts)
            if blocks > free - (self.lim.watermark if others else 0):
                break
            r.queue.pop(0)
            free -= blocks
            r.admitted += 1
            job.order = r.admitted
            if job.came:
                job.came, job.cached, job.resumed = False, job.prompt - 1, r.clock
                r.running.append(job)
                budget -= 1
                continue
            kept[job.index] = blocks
            job.cached = 0
            parts.append((job, min(job.prompt, budget)))
            budget -= parts[-1][1]
        if parts or r.running:
            self.work(r, parts, kept)
        else:
            r.clock = r.sending[0][0]

    def preempt(self, r: Replica) -> None:
        job = r.reading if r.reading is not None else max(r.running, key=lambda job: job.order)
        r.running = [other for other in r.running if other is not job]
        r.reading, r.reading_ticks = None, 0
        job.cached = 0
        r.queue.insert(0, job)
        r.preempted += 1

    def work(self, r: Replica, parts: list[tuple[Job, int]], kept: dict[int, int]) -> None:
        n, context = len(r.running), float(np.mean([job.cached for job in r.running])) if r.running else 0.0
        time = interpolate(self.t.knots, self.t.time_s[n], context) if n else 0.0
        energy = own = interpolate(self.t.knots, self.t.energy_j[n], context) if n else 0.0
        read = sum(tokens for _, tokens in parts)
        if read:
            time, energy = self.mixed(n, context, parts, read)
            own = min(own, energy)
        r.clock, r.energy, r.busy = r.clock + time, r.energy + energy, r.busy + time
        for job in r.running:
            job.cached, job.made, job.energy = job.cached + 1, job.made + 1, job.energy + own / n
        after = list(r.running)
        r.reading, r.reading_ticks = None, 0
        peak = 0
        for job, tokens in parts:
            job.cached += tokens
            job.energy += (energy - own) * tokens / read
            if job.cached < job.prompt:
                r.reading, r.reading_ticks, r.target = job, kept[job.index], job.prompt
                continue
            job.made += 1
            if job.made == 1:
                job.first = r.clock
            if job.made == job.outputs:
                peak += kept[job.index]
            after.append(job)
        done = [job for job in after if job.made == job.outputs]
        r.running = after
        r.peak = max(r.peak, self.used(r))
        assert r.peak <= self.lim.blocks
        for job in done:
            job.end = job.sent = r.clock
            if job.send > 0:
                r.link = job.sent = max(r.link, r.clock) + job.send
                r.sending.append((r.link, job.blocks(self.lim.block_tokens)))
        r.running = [job for job in after if job.made < job.outputs]

    def mixed(self, n: int, context: float, parts: list[tuple[Job, int]], read: int) -> tuple[float, float]:
        t = self.t
        depth = sum(tokens * (2 * job.cached + tokens) for job, tokens in parts) / read
        pairs = read if n else read - 1
        time = t.launch_time_s + pairs * interpolate(t.lengths, t.pair_time_s, depth)
        energy = t.launch_energy_j + pairs * interpolate(t.lengths, t.pair_energy_j, depth)
        if n:
            time += interpolate(t.knots, t.raw_time_s[n], context) + t.token_time_s[n + read] - t.token_time_s[n]
            energy += interpolate(t.knots, t.raw_energy_j[n], context) + t.token_energy_j[n + read]
            energy -= t.token_energy_j[n]
        else:
            time, energy = time + t.token_time_s[read], energy + t.token_energy_j[read]
        moving = max(max(energy, t.idle_w * time) / time - t.static_w, 1e-9)
        clock = min((t.reach_w - t.static_w) / moving, 1.0) ** (1 / (1 + t.clock_exponent))
        power = min(t.static_w + moving * clock ** (1 + t.clock_exponent), t.reach_w)
        time *= t.time_factor / clock
        return time, time * min(max(power * t.power_factor, t.idle_w), t.limit_w) * t.chips


def by_hand(tables: Any, limits: Any, arrival: Any, inputs: Any, outputs: Any, count: int, router: str) -> Any:
    """Jobs and replicas after all is done."""
    jobs = [Job(i, float(a), int(x), int(y)) for i, (a, x, y) in enumerate(zip(arrival, inputs, outputs, strict=True))]
    hand = ByHand(tables, limits, count)
    hand.run(jobs, router)
    return jobs, hand.replicas
