"""The command `snowkit`: which sub-commands there are, and how every one of them ends."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from snowkit import __version__
from snowkit.errors import SnowkitError

COMMANDS = {
    "check": "Probe an instance and report gaps against the required-access list.",
    "demo": "The whole story on the lab, narrated, without questions.",
    "form": "Print the values to paste into TheLoops' form.",
    "generate": "Write the update sets and the hand-over.",
    "lab": "Serve an emulated instance and platform on this computer.",
    "login": "Sign in to an instance through OAuth.",
    "logout": "Forget the tokens of a connection.",
    "sync": "Prove the synchronisation with a canary case.",
    "token": "Say whether a connection has living tokens.",
    "updateset": "Look into update-set files.",
}
"""To add a command, add a line here and a file of that name whose `command` is a click command."""


class Commands(click.Group):
    """Loads a command's file only when it is called, so that `snowkit --help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loading its file."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"snowkit.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="snowkit", message="%(prog)s %(version)s")
@click.pass_context
def command(context: click.Context) -> None:
    """Connect a customer's ServiceNow to TheLoops: check, generate, prove.

    Without a command it opens the terminal UI.
    """
    if context.invoked_subcommand is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
            raise click.UsageError("The terminal UI needs a terminal. Without one, use: snowkit check")
        importlib.import_module("snowkit.cli.tui").start()


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code; no traceback reaches a user."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        code = command.main(arguments, prog_name="snowkit", standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        return 2
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return 130
    except SnowkitError as error:
        return _tell(error)
    except SystemExit:
        # click leaves like this when whoever read our output has gone; there is nobody left to tell.
        return 0
    except Exception as error:
        return _defect(error)
    return code if isinstance(code, int) else 0


def _tell(error: SnowkitError) -> int:
    click.echo(f"Error: {error.what}", err=True)
    if error.next_step:
        click.echo(error.next_step, err=True)
    return error.exit_code


def _defect(error: Exception) -> int:
    if isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        inner = error.exceptions[0]
        return _tell(inner) if isinstance(inner, SnowkitError) else _defect(inner)
    if os.environ.get("SNOWKIT_DEBUG"):
        traceback.print_exc()
    where = traceback.extract_tb(error.__traceback__)[-1]
    click.echo(
        f"Error: snowkit has a defect: {type(error).__name__} in {where.name}, line {where.lineno}.", err=True
    )
    click.echo("Set SNOWKIT_DEBUG=1 and run again for the details to report.", err=True)
    return 3
