"""The process in which scripts run: one JSON message a line on standard input and output.

It says `{"ready": true}` once, is told `{"job": …}` and says `{"done": …}`. Between the two it may say
`{"call": operation, "arguments": […]}`, and waits for `{"value": …}` or `{"error": text}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from snowkit.lab.js.interpreter import Interpreter


def main() -> None:
    """Run jobs until standard input ends."""
    interpreter = Interpreter(_ask)
    _say({"ready": True})
    for line in sys.stdin.buffer:
        _say({"done": interpreter.run(json.loads(line)["job"])})


def _ask(operation: str, arguments: str) -> str:
    """Put a script's question to the instance; never raises, since that would break the engine."""
    try:
        _say({"call": operation, "arguments": json.loads(arguments)})
        answer = sys.stdin.buffer.readline()
        return answer.decode("utf-8") or '{"error": "The instance stopped."}'
    except Exception as error:
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode("utf-8") + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
