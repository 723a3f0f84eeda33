"""`snowkit updateset`: look into update-set files without an instance."""

from __future__ import annotations

import json
from pathlib import Path

import click

from snowkit.instance.evidence import clean
from snowkit.updateset.model import Update, UpdateSet
from snowkit.updateset.read import read_file


@click.group("updateset")
def command() -> None:
    """Look into update-set files without an instance."""


@command.command("show")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def show(format_: str, files: tuple[Path, ...]) -> None:
    """Say what each FILE would change: every record with its table, name, action and line."""
    read = [(path, read_file(path)) for path in files]
    if format_ == "json":
        click.echo(json.dumps([_document(path, found) for path, found in read], indent=2))
        return
    for path, found in read:
        for header in found.headers:
            click.echo(f"{path}: {clean(header.name)} ({len(found.updates)} updates)")
        for update in found.updates:
            click.echo(
                f"  line {update.line:<6} {clean(update.action):<17} {clean(update.record.table):<24} "
                f"{clean(_name(update))}"
            )


def _name(update: Update) -> str:
    operation = update.record.fields.get("operation", "")
    return f"{update.target_name} ({operation})" if operation else update.target_name


def _document(path: Path, found: UpdateSet) -> dict[str, object]:
    return {
        "file": str(path),
        "sets": [{"name": header.name, "sys_id": header.sys_id} for header in found.headers],
        "updates": [
            {
                "line": update.line,
                "action": update.action,
                "type": update.type,
                "table": update.record.table,
                "name": update.target_name,
                "sys_id": update.record.sys_id,
            }
            for update in found.updates
        ],
    }
