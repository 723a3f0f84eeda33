"""The scheduler does each thing once, on its threads or when it is drained."""

from __future__ import annotations

import threading

from snowkit.lab.scheduler import Scheduler


def test_nothing_happens_before_start_or_drain() -> None:
    """A lab in process decides itself when later is."""
    scheduler, done = Scheduler(), []
    scheduler.add("one", lambda: done.append(1))
    assert done == []
    scheduler.drain()
    assert done == [1]


def test_the_threads_take_work_when_they_run() -> None:
    """Started, the scheduler needs no drain."""
    scheduler, done = Scheduler(), threading.Event()
    scheduler.start()
    scheduler.add("one", done.set)
    assert done.wait(10)
    scheduler.stop()


def test_drain_also_does_what_comes_of_the_work() -> None:
    """Work that queues work is not finished before both are done."""
    scheduler, done = Scheduler(), []
    scheduler.add("one", lambda: scheduler.add("two", lambda: done.append(2)) and None)
    scheduler.drain()
    assert done == [2]


def test_drain_waits_for_what_a_thread_is_doing_and_ignores_delays() -> None:
    """When it returns nothing runs any more."""
    scheduler, started, release, done = Scheduler(lambda: 0.0), threading.Event(), threading.Event(), []

    def slow() -> None:
        started.set()
        release.wait(10)
        done.append("slow")

    scheduler.start()
    scheduler.add("slow", slow)
    assert started.wait(10)
    drained = threading.Thread(target=scheduler.drain)
    drained.start()
    release.set()
    drained.join(10)
    assert done == ["slow"]
    scheduler.stop()

    delayed = Scheduler(lambda: 3600.0)
    delayed.start()
    delayed.add("late", lambda: done.append("late"))
    delayed.drain()
    delayed.stop()
    assert done == ["slow", "late"]


def test_work_is_done_once_by_whoever_comes_first() -> None:
    """A caller that cannot wait for the scheduler does the work itself."""
    scheduler, done = Scheduler(), []
    work = scheduler.add("one", lambda: done.append(1))
    work.run()
    scheduler.drain()
    assert done == [1]


def test_stop_and_clear_forget_what_waits() -> None:
    """A reset lab does not act on the old records."""
    scheduler, done = Scheduler(), []
    scheduler.add("one", lambda: done.append(1))
    scheduler.clear()
    scheduler.drain()
    assert done == []
