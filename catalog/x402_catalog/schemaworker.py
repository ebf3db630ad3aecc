"""A process that judges what may never end, and that is killed when it takes too long or too much memory.

It is started when the first such judgement comes, serves one after the other, and ends with its owner. It is a program
of its own and not a fork: its owner may have threads, and need not be importable.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import asdict
from functools import lru_cache
from threading import Lock, Timer
from typing import Any, BinaryIO, Literal

from x402_catalog.engines import BadSchema, Engine, Problem, compiled, explained, undecided
from x402_catalog.hostile import is_deep
from x402_catalog.models import Json

Task = Literal["decide", "explain"]
SECONDS = 2.0  # that one judgement may take
MEMORY = 1 << 30  # bytes of address space that the process may have
PATIENCE = 60.0  # seconds lost to judgements without end, after which each gets only a part of its time
_PART = 0.125
_SHARES = {"decide": 1, "explain": 0.5}  # better words are worth less of a wait than a verdict
_START = 60.0  # seconds that the process may take to start
_PREFIX = 8  # bytes that say how long a request is
_LONGEST = 1 << 20  # bytes of a reply


class Worker:
    """The owner's side of the process. Thread-safe; a process that was killed is replaced at the next question."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._lost = 0.0

    @property
    def pid(self) -> int | None:
        """The process that is running; ``None`` if none is."""
        return self._process.pid if self._process else None

    def ask(self, task: Task, schema: Any, value: Json) -> Problem | None:
        """``decide``: why ``value`` fails, ``None`` if it is valid. ``explain``: the same in better words, ``None`` if
        there are none. Either may be undecided."""
        # Pickling recurses in C, and not every process stops that in time.
        if is_deep(schema) or is_deep(value):
            return undecided("nested too deep to be judged")
        request = pickle.dumps((task, schema, value), protocol=5)
        with self._lock:
            seconds = self._seconds * (_PART if self._lost >= PATIENCE else 1) * _SHARES[task]
            try:
                return self._asked(request, seconds)
            except BaseException:
                self._stop()  # the reply that is still to come would be taken for that of the next question
                raise

    def _asked(self, request: bytes, seconds: float) -> Problem | None:
        if self._process is None:
            self._process = self._start()
            ready, _ = self._answer(b"", _START)
            if not ready:
                self._stop()
                return undecided("no process could be started to judge it in")
        reply, late = self._answer(len(request).to_bytes(_PREFIX, "big") + request, seconds)
        if late:
            self._lost += seconds
        if late or not reply:
            self._stop()
        if not reply:
            return undecided(f"took longer than {seconds:g} s" if late else "took more memory than a judgement may")
        told = json.loads(reply)
        return None if told is None else Problem(**told)

    def _answer(self, request: bytes, seconds: float) -> tuple[bytes, bool]:
        """One line from the process, empty if it ended first, and whether its time ran out."""
        process, killed = self._process, []
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None

        def kill() -> None:
            killed.append(True)
            process.kill()

        timer = Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            line = process.stdout.readline(_LONGEST)
        except OSError:  # it ended while it was being asked
            line = b""
        finally:
            timer.cancel()
            timer.join()
        return (line if line.endswith(b"\n") else b""), bool(killed)

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: what stands in the working folder of its owner is nothing to import.
        command = [sys.executable, "-P", "-m", "x402_catalog.schemaworker", str(self._seconds), str(self._memory)]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, close_fds=True
        )

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()

    def close(self) -> None:
        """End the process, if any."""
        with self._lock:
            self._stop()


def worker() -> Worker:
    """The one worker of this process."""
    return _worker_of(os.getpid())


@lru_cache(maxsize=1)
def _worker_of(pid: int) -> Worker:
    made = Worker()
    atexit.register(made.close)
    return made


@lru_cache(maxsize=8)
def _engine(schema: bytes) -> Engine:
    return compiled(pickle.loads(schema))


def answer(request: bytes) -> Problem | None:
    """What the process makes of a request."""
    task, schema, value = pickle.loads(request)
    try:
        return explained(schema, value) if task == "explain" else _engine(pickle.dumps(schema)).problem(value)
    except BadSchema as error:
        return error.problem
    except (MemoryError, RecursionError) as error:
        return undecided(f"could not be judged: {type(error).__name__}")


def serve(source: BinaryIO, sink: BinaryIO, seconds: float) -> None:
    """Answer requests until there are none."""
    sink.write(b"ready\n")
    sink.flush()
    while len(prefix := source.read(_PREFIX)) == _PREFIX:
        request = source.read(int.from_bytes(prefix, "big"))
        _limit_time(seconds)
        told = answer(request)
        sink.write(json.dumps(told and asdict(told), default=repr).encode() + b"\n")
        sink.flush()


def _limit_time(seconds: float) -> None:
    """Let the system end the process where its owner no longer can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or soft < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _limit_memory(size: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):  # not on Windows, and not on every macOS
        return


def main(arguments: list[str]) -> None:
    """The process itself: ``SECONDS MEMORY``."""
    seconds, memory = float(arguments[0]), int(arguments[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who closes the pipe
    _limit_memory(memory)
    sink, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, sink, seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
