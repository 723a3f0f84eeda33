"""`snowkit check`: probe an instance, report the gaps, leave with an exit code that CI understands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from snowkit import profile as profiles
from snowkit.checks.plan import check, plan
from snowkit.cli import connection, output, verdicts
from snowkit.engine.events import Event, Finished
from snowkit.engine.result import Report
from snowkit.pack.load import load as load_pack
from snowkit.report import text
from snowkit.report.formats import FORMATS, render
from snowkit.report.words import conclusion


@click.command("check")
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.option("--capability", "capabilities", multiple=True, help="helpdesk, crm or content; may repeat.")
@click.option(
    "--only", multiple=True, help="Only checks whose id is or begins with this, and what they need."
)
@click.option("--skip", multiple=True, help="Leave out checks whose id is or begins with this.")
@click.option("--all", "every", is_flag=True, help="Also what other capabilities need.")
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@click.option("--output", "path", type=click.Path(path_type=Path), help="A file instead of standard output.")
@click.option("--allow-writes", is_flag=True, help="Permit checks that write on the instance.")
@click.option("--allow-unknown", is_flag=True, help="Leave with 0 when nothing is known to be missing.")
@click.option("--list", "list_", is_flag=True, help="Print the checks and ask nothing.")
@click.pass_context
def command(
    context: click.Context,
    name: str,
    capabilities: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    every: bool,
    format_: str,
    path: Path | None,
    allow_writes: bool,
    allow_unknown: bool,
    list_: bool,
) -> None:
    """Probe an instance and report gaps against the required-access list.

    Exit code: 0 ready, 1 required gaps, 2 usage or configuration, 3 could not tell.
    """
    if list_:
        _list()
        return
    output.check_writable(path)
    talk = format_ != "text" or path is not None

    def tell(event: Event) -> None:
        if talk and isinstance(event, Finished):
            click.echo(text.line(event.finding, ascii_only=output.plain()), err=True)

    async def go() -> Report:
        async with connection.open_connection(name, capabilities) as opened:
            return await check(
                opened.session,
                opened.pack,
                opened.profile,
                tell,
                only=only,
                skip=skip,
                every=every,
                allow_writes=allow_writes,
                allow_unknown=allow_unknown,
            )

    report = asyncio.run(go())
    asked = profiles.load(name)
    if not report.left_out:
        verdicts.remember(asked.name, asked.url, report)
    written = text.render(report, ascii_only=output.plain()) if format_ == "text" else render(report, format_)
    output.write(written, path)
    if talk:
        click.echo(conclusion(report), err=True)
    if path is not None:
        click.echo(f"Wrote {path}.", err=True)
    context.exit(report.exit_code)


def _list() -> None:
    for row in plan(load_pack()):
        capability = ",".join(row.capabilities) or "every"
        click.echo(f"{row.id:<38} {row.level:<9} {capability:<13} {row.source:<9} {row.title}")
