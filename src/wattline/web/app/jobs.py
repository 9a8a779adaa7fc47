"""Questions on their way: queued, running, done, failed or cancelled; answers of late are kept.

Two who ask the same share one job. The queue is bounded: beyond it a question is refused with the time to come again.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from wattline.core.errors import WattlineError
from wattline.web.app.pool import WorkerPool
from wattline.web.app.question import PageQuestion
from wattline.web.app.uploads import Uploads

State = Literal["queued", "running", "done", "failed", "cancelled"]
OVER = ("done", "failed", "cancelled")
MAX_WAITING = 12  # long questions that may wait
MAX_QUICK = 60  # quick questions that may wait
MAX_S = 900.0  # of work on one question
QUICK_S = 30.0  # of work on a quick question until it takes the place of a long one
KEPT = 256  # jobs that are remembered
KEPT_BYTES = 64_000_000  # of answers
RETRY_S = 15
GONE_S = 3.0  # how long a job goes on that nobody waits for: a page that is loaded again comes back to its work


class Busy(WattlineError):
    """So much waits already that no more is taken."""

    retry_s = RETRY_S


class NoQuickWork(Exception):
    """A question that was thought quick takes long, while as many long ones are at work as may be."""


@dataclass
class WebJob:
    """A question with what has become of it.

    Attributes
    ----------
    id : of the job, which nobody can guess
    question : what is answered
    state, words : how far it is, and on what it works now
    answer : the parts of the answer once it is done
    foreign : those that are read, in other languages than English
    error : why there is none
    long : whether it has the place of a long question, as one that was thought quick may get later
    deserted : whether all who waited have gone
    """

    id: str
    question: PageQuestion
    state: State = "queued"
    words: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    foreign: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str = ""
    begun: float = field(default_factory=time.monotonic)
    ended: float | None = None
    readers: int = 0
    long: bool = False
    deserted: bool = False
    task: asyncio.Task[None] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in OVER

    def shown(self, lang: str) -> dict[str, Any]:
        """The parts of the answer as they are read in a language; English where it was not translated."""
        return {**self.answer, **self.foreign.get(lang, {})}

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was asked, until it was over."""
        return (self.ended or time.monotonic()) - self.begun

    def tell(self, state: State, words: str = "") -> None:
        """Note how far it is and wake whoever waits; nothing more comes of what is over.

        Parameters
        ----------
        state : such as "running" or "done"
        words : how far it is
        """
        if self.over:
            return
        self.state, self.words = state, words
        if self.over:
            self.ended = time.monotonic()
        self.changed.set()
        self.changed = asyncio.Event()

    async def wait(self) -> None:
        """Until it is over."""
        while not self.over:
            await self.changed.wait()

    async def events(self, beat_s: float = 15.0) -> AsyncIterator[State]:
        """Its state now and whenever it changes, and every few seconds, until it is over."""
        while True:
            changed = self.changed
            yield self.state
            if self.over:
                return
            try:
                async with asyncio.timeout(beat_s):
                    await changed.wait()
            except TimeoutError:
                continue


class Jobs:
    """All jobs of the app.

    Parameters
    ----------
    pool : the processes that answer
    uploads : files that were sent
    max_s : seconds after which a job is given up
    quick_s : seconds after which one that was thought quick takes the place of a long one
    """

    def __init__(self, pool: WorkerPool, uploads: Uploads, max_s: float = MAX_S, quick_s: float = QUICK_S) -> None:
        self._pool = pool
        self._uploads = uploads
        self._max_s = max_s
        self._quick_s = quick_s
        self._by_id: OrderedDict[str, WebJob] = OrderedDict()
        self._by_question: dict[str, WebJob] = {}

    def get(self, job_id: str) -> WebJob | None:
        """The job with this id."""
        return self._by_id.get(job_id)

    def submit(self, question: PageQuestion) -> WebJob:
        """The job of a question: one that is done or under way, or a new one. Raises Busy."""
        job = self._by_question.get(question.address)
        if job is not None and job.state in ("queued", "running", "done"):
            self._by_id.move_to_end(job.id)
            job.deserted = False
            return job
        self._clear_deserted()
        self._refuse_too_many(question.page.long)
        files = {key: self._uploads.get(key) for key in question.uploads}
        question.arguments({key: key for key, file in files.items() if file is not None})  # all of them are there
        job = WebJob(secrets.token_urlsafe(12), question, long=question.page.long)
        self._by_id[job.id] = job
        self._by_question[question.address] = job
        job.task = asyncio.create_task(self._work(job))
        self._forget()
        return job

    def _refuse_too_many(self, long: bool) -> None:
        """Raise Busy where no more of these may wait."""
        waiting = sum(1 for other in self._by_id.values() if other.state == "queued" and other.long == long)
        if waiting >= (MAX_WAITING if long else MAX_QUICK):
            raise Busy(f"{waiting} questions wait already; come again in {RETRY_S} seconds")

    async def _work(self, job: WebJob) -> None:
        try:
            try:
                reply = await self._reply_to(job)
            except NoQuickWork:
                self._refuse_too_many(long=True)
                job.long = True
                job.tell("queued")
                reply = await self._reply_to(job)
            if "ok" in reply:
                job.answer = reply["ok"]
                job.tell("done")
            else:
                self._fail(job, reply["error"])
        except asyncio.CancelledError:
            job.tell("cancelled")
        except TimeoutError:
            self._fail(job, f"this took longer than {self._max_s:.0f} seconds and was stopped; ask for less")
        except WattlineError as error:
            self._fail(job, str(error))
        except Exception as error:
            self._fail(job, f"an error of Wattline itself, please report it: {type(error).__name__}")

    async def _reply_to(self, job: WebJob) -> dict[str, Any]:
        """What a process replies. Raises NoQuickWork where a question that was thought quick must wait for a place."""
        async with contextlib.AsyncExitStack() as places:
            worker = await places.enter_async_context(self._pool.lend(long=job.long))
            job.tell("running")
            async with asyncio.timeout(self._max_s):
                asking = asyncio.ensure_future(
                    worker.ask(self._message(job.question), lambda words: job.tell("running", words))
                )
                try:
                    if not job.long:
                        await asyncio.wait({asking}, timeout=self._quick_s)
                    if not asking.done() and not job.long:
                        if self._pool.no_long_place:
                            raise NoQuickWork
                        await places.enter_async_context(self._pool.long_place())
                        job.long = True
                    return await asking
                finally:
                    asking.cancel()

    @staticmethod
    def _fail(job: WebJob, why: str) -> None:
        job.error = why
        job.tell("failed")

    def _message(self, question: PageQuestion) -> dict[str, Any]:
        files = {}
        for key in question.uploads:
            file = self._uploads.get(key)
            if file is not None:
                files[key] = {"name": file.name, "data": base64.b64encode(file.data).decode()}
        marks = {key: f"\x00{key}" for key in files}
        return {"do": "answer", "args": question.arguments(marks), "files": files}

    async def further(self, message: dict[str, Any]) -> dict[str, Any]:
        """What else a process makes of an answer, such as a picture. Raises WattlineError."""
        async with self._pool.lend(long=False) as worker, asyncio.timeout(60):
            reply = await worker.ask(message, _nothing)
        if "ok" not in reply:
            raise WattlineError(reply["error"])
        result: dict[str, Any] = reply["ok"]
        return result

    async def translate(self, job: WebJob, lang: str) -> None:
        """Have what is read of an answer in a language; it stays English where that fails.

        Parameters
        ----------
        job : that is done
        lang : en or zh
        """
        if lang == "en" or job.state != "done" or lang in job.foreign:
            return
        with contextlib.suppress(WattlineError, TimeoutError):
            job.foreign[lang] = await self.further({"do": "translate", "lang": lang, "json": job.answer["json"]})

    def cancel(self, job: WebJob) -> None:
        """Give a job up; its process is killed, and who asks the same from now on has a job of their own."""
        if job.over:
            return
        if self._by_question.get(job.question.address) is job:
            del self._by_question[job.question.address]
        if job.task is not None:
            job.task.cancel()
        job.tell("cancelled")

    def left(self, job: WebJob) -> None:
        """Note that one who waited has gone; a job that nobody waits for is given up after a while, or at once for the
        sake of another question."""
        job.readers -= 1
        job.deserted = job.readers <= 0
        self.expect_readers(job)

    def expect_readers(self, job: WebJob) -> None:
        """Give a job up unless somebody waits for it in ``GONE_S``; called within the running loop."""
        if not job.over:
            asyncio.get_running_loop().call_later(GONE_S, self._give_up_unread, job)

    def _give_up_unread(self, job: WebJob) -> None:
        if job.readers <= 0:
            self.cancel(job)

    def _clear_deserted(self) -> None:
        for job in [job for job in self._by_id.values() if job.deserted and job.readers <= 0]:
            self.cancel(job)

    def _forget(self) -> None:
        """Drop the oldest of what is over, beyond so many jobs or bytes."""
        kept_bytes = sum(_size(job) for job in self._by_id.values())
        for job in [job for job in self._by_id.values() if job.over]:
            if len(self._by_id) <= KEPT and kept_bytes <= KEPT_BYTES:
                return
            kept_bytes -= _size(job)
            del self._by_id[job.id]
            if self._by_question.get(job.question.address) is job:
                del self._by_question[job.question.address]


def _size(job: WebJob) -> int:
    """About how many bytes an answer takes, in all its languages."""
    return sum(len(str(parts.get("page", ""))) * 3 for parts in (job.answer, *job.foreign.values()))


def _nothing(words: str) -> None:
    """No progress is shown."""
