"""Lets blocking work tell what it does, line by line, while the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

Tell = Callable[[str], None]


async def narrated(work: Callable[[Tell], None]) -> AsyncIterator[str]:
    """Run blocking work beside the event loop and yield the lines that it tells; raises what it raises."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    failed: list[Exception] = []

    def hand_over(line: str | None) -> None:
        # The application may have gone while the work went on.
        if not loop.is_closed():
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def run() -> None:
        try:
            work(hand_over)
        except Exception as error:
            failed.append(error)
        hand_over(None)

    threading.Thread(target=run, name="snowkit work", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
    if failed:
        raise failed[0]
