"""Runs scripts with a deadline: worker processes that are started when needed and killed when they hang."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DEADLINE = 2.0
# A cold or busy machine needs its time to load Python; none of it is the script's.
_STARTING = 30.0
# Seconds with the host's answers, the quota of a REST transaction. source: c_DefaultQuotaRules
_LONGEST = 60.0

Host = Callable[[str, list[Any]], Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a script did not end well; `part` is `condition`, `script` or a script include, line and column from 1."""

    part: str
    message: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A script and what it finds: `context` as the shim reads it, `includes` by name."""

    script: str
    context: dict[str, Any]
    condition: str = ""
    includes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job; `ran` is False where the condition did not hold.

    `query` is what the script added to `current` as conditions, as before-query rules do.
    """

    ran: bool = True
    changes: dict[str, str] = field(default_factory=dict)
    aborted: bool = False
    failure: Failure | None = None
    query: str = ""


class Engine:
    """A pool of workers: a script whose host call causes another script simply takes the next worker.

    `deadline` is in seconds of JavaScript; the time that the host takes to answer does not count.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._closed = False

    def run(self, job: Job, host: Host) -> Outcome:
        """Run a job; whatever `host` raises reaches the script as an exception with the error's text."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or _Worker()
        try:
            outcome = worker.run(job, host, self.deadline)
        except BaseException:
            worker.kill()
            raise
        with self._lock:
            if worker.alive and not self._closed:
                self._idle.append(worker)
                return outcome
        worker.kill()
        return outcome

    def close(self) -> None:
        """End the idle workers; one that is running ends with its job."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.stop()


class _Worker:
    """One worker process and the thread that reads from it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "snowkit.lab.js.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._said: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="js-worker", daemon=True)
        self._reader.start()
        self._ready = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def run(self, job: Job, host: Host, deadline: float) -> Outcome:
        if not self._ready and not self._started():
            return _failed("the script's worker process did not start")
        left, begun = deadline, time.monotonic()
        self._say({"job": _written(job)})
        while True:
            started = time.monotonic()
            try:
                line = self._said.get(timeout=max(left, 0.001))
            except queue.Empty:
                self.kill()
                return _failed(f"the script ran longer than {deadline:g} s and was stopped")
            if line is None:
                self.kill()
                return _failed("the script ended its worker process: out of memory or stack")
            left -= time.monotonic() - started
            message = json.loads(line)
            if "done" in message:
                return _outcome(message["done"])
            self._say(_answer(host, message))
            if time.monotonic() - begun > _LONGEST:
                self.kill()
                return _failed(f"the script and its calls took longer than {_LONGEST:g} s and were stopped")

    def _started(self) -> bool:
        try:
            self._ready = self._said.get(timeout=_STARTING) is not None
        except queue.Empty:
            self._ready = False
        return self._ready

    def stop(self) -> None:
        """Let the process end by closing its input."""
        self._end_input()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._release()

    def kill(self) -> None:
        self._process.kill()
        self._end_input()
        self._release()

    def _end_input(self) -> None:
        assert self._process.stdin
        # What a dead process did not read is lost.
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _release(self) -> None:
        self._process.wait()
        self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.put(line)
        self._said.put(None)

    def _say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(message).encode("utf-8") + b"\n")
            self._process.stdin.flush()
        except OSError:
            return  # the reader reports the end of the process


def _answer(host: Host, message: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"value": host(message["call"], message["arguments"])}
    except Exception as error:
        return {"error": str(error) or type(error).__name__}


def _written(job: Job) -> dict[str, Any]:
    return {
        "context": job.context,
        "includes": job.includes,
        "condition": job.condition,
        "script": job.script,
    }


def _outcome(done: dict[str, Any]) -> Outcome:
    if "failure" in done:
        return Outcome(ran=True, failure=Failure(**done["failure"]))
    return Outcome(done["ran"], done["changes"], done["aborted"], query=done.get("query", ""))


def _failed(message: str) -> Outcome:
    return Outcome(failure=Failure("script", message))
