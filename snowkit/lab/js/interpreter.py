"""What runs one script: quickjs-ng behind a small class, the only place that names the engine.

Where no wheel of quickjs-ng exists (macOS on Intel), a class with the same `run` over another engine can take its
place: it needs a global function `__host(operation, arguments) -> text` that the script's code calls synchronously.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import quickjs

MEMORY = 64_000_000
STACK = 1_000_000
# The shim is evaluated far below any script, so that a line number tells whose frame it is.
_SHIM_LINE = 100_000
_PARTS = ("record.js", "aggregate.js", "time.js", "rest.js", "system.js")
_HANDLES = ("__start", "__holds", "__legacy", "__finish")
_FRAME = re.compile(r"<input>:(\d+):(\d+)")


class Interpreter:
    """Runs scripts, each in a context of its own; `host` answers their questions, as JSON text.

    `host` must never raise: an exception inside a callback breaks the engine.
    """

    def __init__(self, host: Callable[[str, str], str]) -> None:
        self._host = host

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run a job's includes, condition and script; answer what became of it.

        The answer is {"ran", "changes", "aborted"}, or {"failure": {"part", "message", "line", "column"}}, where
        `part` is `condition`, `script` or the name of a script include, and line and column count from 1 in it.
        """
        context = quickjs.Context()
        context.set_memory_limit(MEMORY)
        context.set_max_stack_size(STACK)
        context.add_callable("__host", self._host)
        context.eval(_shim())
        start, holds, legacy, finish = (context.get(name) for name in _HANDLES)
        for name in ("__host", *_HANDLES):
            context.eval(f"delete globalThis.{name};")
        part = "script"
        try:
            start(json.dumps(job["context"]))
            for name, script in job.get("includes", {}).items():
                part = name
                context.eval(script)
            if job.get("condition", "").strip():
                part = "condition"
                if not holds(context.eval(job["condition"])):
                    return {"ran": False, "changes": {}, "aborted": False}
            part = "script"
            context.eval(job.get("script", ""))
            legacy(job["context"].get("when", ""))
            return {"ran": True, **json.loads(finish())}
        except quickjs.JSException as error:
            return {"failure": {"part": part, **_position(str(error))}}


def _position(text: str) -> dict[str, Any]:
    """Split the engine's message from the place in the user's script where it came from."""
    message, _, stack = text.partition("\n    at ")
    for line, column in _FRAME.findall(stack):
        if int(line) < _SHIM_LINE:
            return {"message": message.strip(), "line": int(line), "column": int(column)}
    return {"message": message.removesuffix("\nundefined").strip(), "line": 0, "column": 0}


@cache
def _shim() -> str:
    folder = Path(__file__).with_name("shim")
    parts = "\n".join((folder / name).read_text(encoding="utf-8") for name in _PARTS)
    return "\n" * _SHIM_LINE + (
        f"(function (global, ask) {{\n'use strict';\nconst SHIM_LINE = {_SHIM_LINE};\n"
        "function host(operation, given) {\n"
        "  const reply = JSON.parse(ask(operation, JSON.stringify(given)));\n"
        # As a Java exception looks to a script: docs read ex.getMessage(), many scripts ex.message.
        "  if (reply.error !== undefined) {\n"
        "    throw Object.assign(new Error(reply.error), { getMessage: () => reply.error });\n"
        "  }\n"
        "  return reply.value;\n"
        "}\n"
        f"{parts}\n"
        "global.__start = start; global.__holds = holds; global.__legacy = legacy; global.__finish = finish;\n"
        "})(globalThis, __host);"
    )
