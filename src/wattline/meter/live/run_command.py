"""Running a command as if nothing stood between it and its terminal: its input and output, signals, exit status."""

from __future__ import annotations

import errno
import os
import select
import shutil
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from wattline.core.errors import WattlineError, shorten

ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
PASSED = (*ENDING, "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGWINCH")
KEYS = ("SIGINT", "SIGQUIT", "SIGWINCH")  # a terminal sends these to all in its foreground, the command too
BESIDE_S = 0.5  # how often ``beside`` is called while nothing happens
SIGNALLED = 128
NOT_FOUND, NOT_RUN = 127, 126  # exit statuses of shells for a command that is not there, and for one that is no program
PAUSES_S = (0.001, 0.05)  # between two looks for signals: first, and at most
SHELL = "/bin/sh"  # runs a script that names no interpreter, as it does for env and time
Mask = set[int]


class CannotRun(WattlineError):
    """A command that cannot be run; ``status`` is the one that a shell gives."""

    def __init__(self, program: str, what: str, status: int, mend: str = "") -> None:
        super().__init__(f"{shorten(program)!r} {what}{mend}")
        self.status = status


def check_command(command: Sequence[str]) -> None:
    """Raises CannotRun where there is no such command."""
    mend = "; give the COMMAND as you would run it, after --"
    if not command[0] or shutil.which(command[0]) is None:
        if command[0] and os.path.exists(command[0]):
            raise CannotRun(command[0], "is not a program that can be run", NOT_RUN, mend)
        raise CannotRun(command[0], "is not found", NOT_FOUND, mend)


@contextmanager
def hold_signals() -> Iterator[Signals]:
    """Signals are kept back from this process and its threads begun inside, and taken one by one instead. Raises
    WattlineError where the system has no POSIX signals."""
    if not hasattr(signal, "pthread_sigmask"):
        raise WattlineError("this system has no POSIX signals; use wl.measure(…) or wl.tune(…) in the program instead")
    numbers = {getattr(signal, name) for name in (*PASSED, "SIGCHLD") if hasattr(signal, name)}
    waits = Waiting(numbers) if hasattr(signal, "sigtimedwait") else Signals(numbers)
    with waits.on() as waiting:
        yield waiting


class Signals:
    """Signals handled and looked for; ``mask`` is what was blocked before, for a command to have.

    This is for systems that cannot wait for signals (macOS); those of keys are taken to come from keys.
    """

    def __init__(self, numbers: set[int]) -> None:
        ignored = {number for number in numbers if signal.getsignal(number) is signal.SIG_IGN}
        self.numbers, self.mask = numbers - (ignored - {signal.SIGCHLD}), Mask()
        self._came: deque[int] = deque()

    @contextmanager
    def on(self) -> Iterator[Signals]:
        before = {number: signal.signal(number, self._handle) for number in self.numbers}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._came.append(number)

    def next(self, timeout_s: float) -> tuple[int, bool] | None:
        """The next signal, and whether it came to this process alone; None where none comes in time."""
        until = time.monotonic() + timeout_s
        while not self._came and time.monotonic() < until:
            time.sleep(0.02)
        return self._taken()

    def _taken(self) -> tuple[int, bool] | None:
        if not self._came:
            return None
        number = self._came.popleft()
        return number, signal.Signals(number).name not in KEYS

    def end_requested(self) -> bool:
        """Whether a signal that came so far asks to end; it and those before it are taken."""
        ending = {getattr(signal, name) for name in ENDING}
        while (got := self.next(0.0)) is not None:
            if got[0] in ending:
                return True
        return False


class Waiting(Signals):
    """Signals blocked and waited for, which tells who sent them (Linux).

    A thread that was begun before they were blocked may still be given one: then it is handled as above.
    """

    @contextmanager
    def on(self) -> Iterator[Signals]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self.numbers)
        self.mask = {int(number) for number in before}
        try:
            with super().on():
                yield self
        finally:
            while signal.sigtimedwait(self.numbers, 0.0):
                pass  # told and done with: it must not come again once nothing is blocked
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def next(self, timeout_s: float) -> tuple[int, bool] | None:
        # looked for again and again: a wait that SIGSTOP or a debugger interrupts gives a signal that never came
        until, pause_s = time.monotonic() + timeout_s, PAUSES_S[0]
        while not self._came:
            got = signal.sigtimedwait(self.numbers, 0.0)
            if got is not None:
                # what the kernel itself sends comes from the terminal's keys
                return got.si_signo, got.si_code <= 0
            left_s = until - time.monotonic()
            if left_s <= 0:
                break
            select.select((), (), (), min(pause_s, left_s))  # a set clock (libfaketime) breaks time.sleep
            pause_s = min(2 * pause_s, PAUSES_S[1])
        return self._taken()


def run_command(
    command: Sequence[str],
    environment: dict[str, str],
    signals: Signals,
    beside: Callable[[int], None],
    every_s: float = BESIDE_S,
) -> int:
    """Run to its end; the exit status, or 128 and the number of the signal that ended it.

    ``beside`` is called about every ``every_s`` seconds, with the command's process.

    Parameters
    ----------
    command : the program and its arguments
    environment : variables that it gets
    signals : that are kept back and passed on
    beside : called with the command's process
    every_s : about how often it is [s]

    Returns the exit status.
    """
    pid = _spawn(command, environment, signals.mask)
    beside_at = time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else SIGNALLED - code
        got = signals.next(every_s)
        if got is not None and got[0] != signal.SIGCHLD and got[1]:
            _send(pid, got[0])
        if time.monotonic() - beside_at >= every_s:
            beside_at = time.monotonic()
            beside(pid)


def _spawn(command: Sequence[str], environment: dict[str, str], mask: Mask) -> int:
    """The process of the command; raises CannotRun."""
    defaults = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]
    path = shutil.which(command[0]) or command[0]
    for program, arguments in ((path, list(command)), (SHELL, [SHELL, path, *command[1:]])):
        try:
            return os.posix_spawn(program, arguments, environment, setsigmask=mask, setsigdef=defaults)
        except OSError as error:
            if error.errno != errno.ENOEXEC or program == SHELL:
                status = NOT_RUN if os.path.exists(path) else NOT_FOUND
                raise CannotRun(command[0], f"cannot be run: {error.strerror}", status) from None
    raise AssertionError


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except PermissionError:  # a command of another user, as sudo begins one
        from wattline.meter.journal.writer import say

        say(f"{signal.Signals(number).name} may not be sent to the command")


def wait_for_end(duration_s: float | None, signals: Signals, beside: Callable[[], None]) -> int:
    """Nothing but ``beside`` until the time is up or a signal asks to end: 0, or 128 and the signal's number.

    Ctrl-C is the way to end this, so it gives 0.

    Parameters
    ----------
    duration_s : until a signal where None [s]
    signals : that are kept back
    beside : called again and again

    Returns the exit status.
    """
    ending = {getattr(signal, name) for name in ENDING}
    until = None if duration_s is None else time.monotonic() + duration_s
    while until is None or time.monotonic() < until:
        got = signals.next(BESIDE_S if until is None else min(BESIDE_S, max(0.0, until - time.monotonic())))
        if got is not None and got[0] in ending:
            return 0 if got[0] == signal.SIGINT else SIGNALLED + got[0]
        beside()
    return 0
