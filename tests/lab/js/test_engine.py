"""Scripts run in a worker with a deadline, their questions are answered, and their failures come back as data."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from snowkit.lab.js.engine import Engine, Job

CONTEXT: dict[str, Any] = {"when": "after", "scope": "global", "user": {"roles": []}}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(0.4)
    yield engine
    engine.close()


def nothing(operation: str, arguments: list[Any]) -> Any:
    raise AssertionError(f"{operation} was not expected")


def run(engine: Engine, script: str, host: Any = nothing, **fields: Any) -> Any:
    return engine.run(Job(script, CONTEXT, **fields), host)


@pytest.mark.parametrize(
    ("script", "words", "place"),
    [
        ("var a = 1;\n  nowhere();", "'nowhere' is not defined|nowhere is not defined", (2, 3)),
        ("var a = ;", "SyntaxError", (1, 9)),
        ("\nfunction f() { return f(); }\nf();", "call stack", (2, 23)),
        ("\n\nthrow new Error('mine');", "mine", (3, 11)),
    ],
)
def test_a_failure_has_line_and_column(
    engine: Engine, script: str, words: str, place: tuple[int, int]
) -> None:
    """Both count from 1 in the script itself, whatever surrounds it."""
    failure = run(engine, script).failure
    assert any(word in failure.message for word in words.split("|"))
    assert (failure.part, failure.line, failure.column) == ("script", *place)


def test_memory_is_limited(engine: Engine) -> None:
    """A script that fills the memory gets an error and the next one runs."""
    failure = run(engine, "var s = 'x'; while (true) s += s + s;").failure
    assert failure is not None
    assert run(engine, "1").failure is None


def test_an_endless_script_is_stopped_and_the_engine_goes_on(engine: Engine) -> None:
    """Only its own run is lost."""
    assert "longer than 0.4 s" in run(engine, "while (true) {}").failure.message
    assert run(engine, "1").failure is None


def test_an_endless_loop_around_questions_is_stopped_too(engine: Engine) -> None:
    """Each answer does not buy new time."""
    outcome = run(engine, "while (true) gs.generateGUID();", lambda *_: "0")
    assert "ran longer than 0.4 s" in outcome.failure.message


def test_time_that_the_instance_takes_does_not_count(engine: Engine) -> None:
    """A slow answer of the host is no fault of the script's."""
    pause = threading.Event()
    assert run(engine, "gs.generateGUID();", lambda *_: pause.wait(0.6)).failure is None


def test_a_host_error_is_an_exception_with_get_message(engine: Engine) -> None:
    """Scripts catch it as they catch a Java exception, and read it in either way."""
    said: list[Any] = []

    def host(operation: str, arguments: list[Any]) -> Any:
        if operation == "system.guid":
            raise OSError("no route")
        said.append(arguments[1])

    run(
        engine,
        "try { gs.generateGUID(); } catch (ex) { gs.info(ex.getMessage()); gs.info(ex.message); }",
        host,
    )
    assert said == ["no route", "no route"]


def test_an_uncaught_host_error_is_the_scripts_failure_at_its_line(engine: Engine) -> None:
    """The shim's own lines are never reported."""

    def host(operation: str, arguments: list[Any]) -> Any:
        raise OSError("no route")

    failure = run(engine, "\n\n  gs.generateGUID();", host).failure
    assert (failure.message, failure.line) == ("Error: no route", 3)


def test_a_script_may_run_inside_anothers_question(engine: Engine) -> None:
    """The outer script waits, and an inner endless loop costs it nothing."""
    inner: list[Any] = []

    def host(operation: str, arguments: list[Any]) -> Any:
        inner.append(run(engine, "while (true) {}").failure)
        return "answer"

    outer = engine.run(Job("if (gs.generateGUID() !== 'answer') throw 'no';", CONTEXT), host)
    assert outer.failure is None
    assert "longer than" in inner[0].message


def test_a_condition_decides_whether_the_script_runs(engine: Engine) -> None:
    """An expression, or the variable answer."""
    for condition, runs in (
        ("1 > 2", False),
        ("1 < 2", True),
        ("var answer = 0;", False),
        ("if (1) answer = true", True),
    ):
        assert run(engine, "1", condition=condition).ran is runs


def test_scripts_share_nothing(engine: Engine) -> None:
    """A variable of one script is unknown to the next, and the way to the host is not theirs to take."""
    run(engine, "leaked = 1;")
    assert (
        run(
            engine, "if (typeof leaked !== 'undefined' || typeof __host !== 'undefined') throw 'seen';"
        ).failure
        is None
    )


def test_no_process_runs_before_a_script_does() -> None:
    """A lab without rules starts no worker."""
    engine = Engine()
    assert engine._idle == []
    engine.close()


def test_a_worker_that_dies_is_replaced(engine: Engine) -> None:
    """A crash of the process is the failure of one script."""
    run(engine, "1")
    worker = engine._idle[-1]

    def host(operation: str, arguments: list[Any]) -> Any:
        worker._process.kill()
        worker._process.wait()

    assert (
        "ended its worker process" in run(engine, "gs.generateGUID(); while (true) {}", host).failure.message
    )
    assert run(engine, "1").failure is None


def test_a_closed_engine_leaves_no_process() -> None:
    """Idle workers end by themselves when their input does."""
    engine = Engine()
    run(engine, "1")
    (worker,) = engine._idle
    engine.close()
    assert worker._process.returncode == 0


def test_a_script_that_keeps_the_instance_busy_is_stopped(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quota of a transaction counts the host's answers too."""
    monkeypatch.setattr("snowkit.lab.js.engine._LONGEST", 0.1)
    pause = threading.Event()
    outcome = run(engine, "while (true) gs.generateGUID();", lambda *_: pause.wait(0.06))
    assert "took longer than 0.1 s" in outcome.failure.message
