"""Processes that stand ready to answer; one that is stopped or ends takes nothing with it but its own question."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from wattline.core.errors import WattlineError

WORKER = (sys.executable, "-m", "wattline.cli.web_worker")
MAX_LINE = 64_000_000  # bytes of an answer
START_S = 120.0  # until a process is ready, on a machine that is busy


class WorkerEnded(WattlineError):
    """The process that answered a question has ended."""


class Worker:
    """A process, its questions on standard input and its replies on standard output, a line each."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str] = WORKER) -> Worker:
        """A process that is ready. Raises WorkerEnded where it ends before."""
        worker = cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=-1, stdout=-1, stderr=asyncio.subprocess.DEVNULL, limit=MAX_LINE, start_new_session=True
            )
        )
        try:
            async with asyncio.timeout(START_S):
                await worker._reply(lambda words: None)
        except BaseException:
            worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        """Of the process, which leads a group of its own."""
        return self._process.pid

    async def ask(self, message: dict[str, Any], progress: Callable[[str], None]) -> dict[str, Any]:
        """The reply to a message; ``progress`` is called with words meanwhile. Raises WorkerEnded.

        Parameters
        ----------
        message : as JSON has it
        progress : called with how far it is

        Returns
        -------
        The reply.
        """
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            await stdin.drain()
        except (ConnectionError, RuntimeError):
            raise WorkerEnded("the process that answers has ended; ask again") from None
        return await self._reply(progress)

    async def _reply(self, progress: Callable[[str], None]) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        while True:
            line = await stdout.readline()
            if not line:
                raise WorkerEnded("the process that worked on this has ended; ask again, or for less")
            reply: dict[str, Any] = json.loads(line)
            if "progress" not in reply:
                return reply
            progress(str(reply["progress"]))

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def kill(self) -> None:
        """End it and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()


class WorkerPool:
    """A few processes; ``lend`` waits for one. Long work leaves one for the quick.

    Parameters
    ----------
    size : number of processes, two or more
    command : that starts one
    """

    def __init__(self, size: int, command: Sequence[str] = WORKER) -> None:
        self.size = max(2, size)
        self._command = command
        self._idle: deque[Worker] = deque()
        self._all: set[Worker] = set()
        self._free = asyncio.Semaphore(self.size)
        self._free_long = asyncio.Semaphore(self.size - 1)
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    async def warm(self) -> None:
        """Start the processes, one after another."""
        for _ in range(self.size):
            if len(self._all) < self.size:
                with contextlib.suppress(WattlineError, OSError, TimeoutError):
                    self._idle.append(await self._start())

    async def _start(self) -> Worker:
        worker = await Worker.start(self._command)
        if self._closed:
            worker.kill()
            raise WorkerEnded("the app is ending")
        self._all.add(worker)
        return worker

    @contextlib.asynccontextmanager
    async def lend(self, *, long: bool) -> AsyncIterator[Worker]:
        """A process for one question. It is killed where the question is given up or fails with its process."""
        async with self._free_long if long else contextlib.nullcontext(), self._free:
            worker = await self._take()
            whole = False
            try:
                yield worker
                whole = worker.alive
            finally:
                if whole:
                    self._idle.append(worker)
                else:
                    self._drop(worker)

    @property
    def no_long_place(self) -> bool:
        """Whether as much long work goes on as may at once."""
        return self._free_long.locked()

    def long_place(self) -> asyncio.Semaphore:
        """The place of long work, for what has a process already."""
        return self._free_long

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.popleft()
            if worker.alive:
                return worker
            self._all.discard(worker)
        return await self._start()

    def _drop(self, worker: Worker) -> None:
        worker.kill()
        self._all.discard(worker)
        if not self._closed:
            task = asyncio.ensure_future(self._replace())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _replace(self) -> None:
        """A fresh process in place of one that was killed, so that the next question need not wait for it."""
        with contextlib.suppress(WattlineError, OSError, TimeoutError):
            worker = await self._start()
            if len(self._all) > self.size:
                worker.kill()
                self._all.discard(worker)
            else:
                self._idle.append(worker)

    def close(self) -> None:
        """End all processes."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        for worker in self._all:
            worker.kill()
        self._all.clear()
