"""Runs what an instance does later: asynchronous rules and queued outbound calls, on threads of its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# An instance has eight scheduler workers a node; four keep a slow receiver from holding up everything here.
_WORKERS = 4


class Work:
    """One thing to do; however many threads ask for it, it is done once."""

    def __init__(self, name: str, action: Callable[[], None], due: float) -> None:
        self.name = name
        self.due = due
        self._action = action
        self._lock = threading.Lock()
        self._done = False

    def run(self) -> None:
        """Do it, or wait until the thread that does it has finished."""
        with self._lock:
            if not self._done:
                self._done = True
                self._action()


class Scheduler:
    """A queue of work; `start` and `stop` its threads, or call `drain` to do everything at once.

    `delay` gives the seconds that new work waits before a thread takes it.
    """

    def __init__(self, delay: Callable[[], float] = lambda: 0.0) -> None:
        self._delay = delay
        self._waiting: deque[Work] = deque()
        self._running = 0
        self._stopped = True
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to take work."""
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"scheduler-{number}", daemon=True)
            for number in range(_WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Forget what waits, and wait for what runs."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(30)
        self._threads = []

    def add(self, name: str, action: Callable[[], None]) -> Work:
        """Queue an action, which must not raise; returns at once."""
        work = Work(name, action, time.monotonic() + self._delay())
        with self._changed:
            self._waiting.append(work)
            self._changed.notify()
        return work

    def clear(self) -> None:
        """Forget what waits."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    def drain(self) -> None:
        """Do all that waits, delays or not, and what comes of it; returns when nothing waits or runs.

        Must not be called by a thread that holds the store's lock: running work may need it.
        """
        while True:
            with self._changed:
                while not self._waiting and self._running:
                    self._changed.wait()
                if not self._waiting:
                    return
                work = self._take(0)
            self._finish(work)

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (index := self._next_due()) is None:
                    self._changed.wait(self._pause())
                if self._stopped:
                    return
                assert index is not None
                work = self._take(index)
            self._finish(work)

    def _take(self, index: int) -> Work:
        work = self._waiting[index]
        del self._waiting[index]
        self._running += 1
        return work

    def _finish(self, work: Work) -> None:
        try:
            work.run()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _next_due(self) -> int | None:
        now = time.monotonic()
        return next((index for index, work in enumerate(self._waiting) if work.due <= now), None)

    def _pause(self) -> float | None:
        if not self._waiting:
            return None
        return max(0.001, min(work.due for work in self._waiting) - time.monotonic())
