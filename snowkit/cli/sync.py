"""`snowkit sync`: send a canary case round, and `snowkit sync cleanup`: take strays away."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from snowkit.cli import connection, output
from snowkit.engine.events import Event, Finished
from snowkit.engine.result import Report
from snowkit.errors import UsageError
from snowkit.journal import Journal
from snowkit.profile import home
from snowkit.report import text
from snowkit.report.formats import FORMATS, render
from snowkit.sync.cleanup import remove
from snowkit.sync.prove import prove

Value = TypeVar("Value")

LEAVING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""What asks a process to end, where the platform knows it; Ctrl-C is asyncio's own affair."""


@click.group("sync", invoke_without_command=True)
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@click.option("--output", "path", type=click.Path(path_type=Path), help="A file instead of standard output.")
@click.option("--allow-writes", is_flag=True, help="Permit the canary: a case, a comment, an attachment.")
@click.pass_context
def command(context: click.Context, name: str, format_: str, path: Path | None, allow_writes: bool) -> None:
    """Prove the synchronisation with a canary case, and delete it again.

    Exit code: 0 all went round, 1 something did not, 2 usage or configuration, 3 could not tell.
    """
    if context.invoked_subcommand is not None:
        return
    output.check_writable(path)
    talk = format_ != "text" or path is not None
    report = interruptible(_prove(name, allow_writes=allow_writes, talk=talk))
    written = text.render(report, ascii_only=output.plain()) if format_ == "text" else render(report, format_)
    output.write(written, path)
    if not allow_writes:
        click.echo("Nothing was written. To send the canary: snowkit sync --allow-writes", err=True)
    context.exit(report.exit_code)


@command.command("cleanup")
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.pass_context
def cleanup(context: click.Context, name: str, yes: bool) -> None:
    """Delete what earlier runs left, whoever made it; no other run may be under way.

    Exit code: 0 none is left, 1 something stays, 2 usage or configuration, 3 could not tell.
    """
    if not yes:
        _ask()
    context.exit(interruptible(_cleanup(name)))


def _ask() -> None:
    """Return where the user consents; raises `Abort` where not, and `UsageError` where nobody can answer."""
    nobody = UsageError(
        "Nobody can be asked whether to delete: standard input is closed.",
        "To delete without being asked: snowkit sync cleanup --yes",
    )
    if sys.stdin is None or sys.stdin.closed:
        raise nobody
    question = "Delete the canary cases on the instance, with what hangs on them?"
    try:
        click.confirm(question, abort=True, err=True)
    except click.Abort as error:
        # click says the same of an interruption, of a no, and of an input that is at its end.
        if isinstance(error.__context__, EOFError):
            click.echo("", err=True)
            raise nobody from error
        raise


async def _prove(name: str, *, allow_writes: bool, talk: bool) -> Report:
    journal = Journal(home().journal)

    def tell(event: Event) -> None:
        if talk and isinstance(event, Finished):
            click.echo(text.line(event.finding, ascii_only=output.plain()), err=True)

    async with connection.open_connection(name) as opened:
        left = journal.left(opened.session.login.url)
        if left:
            words = f"{len(left)} record(s) of an earlier run may be left; snowkit sync cleanup removes them."
            click.echo(words, err=True)
        try:
            return await prove(
                opened.session, opened.pack, opened.profile, journal, tell, allow_writes=allow_writes
            )
        except asyncio.CancelledError:
            for entry in journal.left(opened.session.login.url):
                what = f"sys_id {entry.sys_id}" if entry.sys_id else f"found by {entry.tag}, if it was made"
                click.echo(
                    f"Left on the instance: {entry.table}, {what}. Then: snowkit sync cleanup", err=True
                )
            raise


async def _cleanup(name: str) -> int:
    async with connection.open_connection(name) as opened:
        removed = await remove(opened.session, opened.pack, Journal(home().journal))
    for item in removed.gone:
        click.echo(f"deleted {item}")
    for item in removed.left:
        click.echo(f"left    {item}")
    click.echo(f"{len(removed.gone)} record(s) deleted, {len(removed.left)} left.")
    if removed.trouble:
        click.echo(f"Whether all is gone is not known: {removed.trouble}", err=True)
        return 3
    return 1 if removed.left else 0


def interruptible(work: Coroutine[Any, Any, Value]) -> Value:
    """Run `work`; whatever asks the process to end lets it clean up first, and raises `KeyboardInterrupt`."""
    try:
        return asyncio.run(_watched(work))
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error


async def _watched(work: Coroutine[Any, Any, Value]) -> Value:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def leave(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(task.cancel)

    numbers = [getattr(signal, name) for name in LEAVING if hasattr(signal, name)]
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        return await work
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
