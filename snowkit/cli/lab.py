"""`snowkit lab`: serve the emulated instance and platform until told to stop."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from types import FrameType

import click

from snowkit import profile as profiles
from snowkit.cli import connection
from snowkit.errors import UsageError
from snowkit.lab import exposure
from snowkit.lab.authority import throwaway
from snowkit.lab.instance import Lab
from snowkit.lab.scenarios import SCENARIOS, named
from snowkit.lab.seed import shipped
from snowkit.listener import EVERYWHERE, LOOPBACK
from snowkit.profile import Profile

PROFILE = "lab"
PORT = 8787


@click.command("lab")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one."
)
@click.option(
    "--scenario",
    metavar="NAME",
    default="fresh",
    show_default=True,
    help="The state to start in: fresh, onboarded, or onboarded with one thing wrong (--list-scenarios).",
)
@click.option(
    "--cases", type=click.IntRange(1, 1_000_000), default=120, show_default=True, help="How many cases."
)
@click.option("--db", type=click.Path(path_type=Path), help="A file that keeps the instance's data.")
@click.option("--reset", is_flag=True, help="Begin again from the scenario, whatever --db holds.")
@click.option("--tls", is_flag=True, help="Speak https, with a throw-away certificate authority.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address of this machine to listen at.")
@click.option("--allow-remote", is_flag=True, help="Let --host be an address that other machines reach.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one line of JSON when it serves, and nothing else."
)
@click.option("--list-scenarios", is_flag=True, help="Name the scenarios and stop.")
def command(
    port: int,
    scenario: str,
    cases: int,
    db: Path | None,
    reset: bool,
    tls: bool,
    host: str,
    allow_remote: bool,
    as_json: bool,
    list_scenarios: bool,
) -> None:
    """Serve an emulated ServiceNow instance and TheLoops' side of it, on loopback only unless told otherwise.

    While it runs there is a profile called lab, inspector included.
    """
    if list_scenarios:
        rows = [{"name": row.name, "finding": row.finding, "cause": row.cause} for row in SCENARIOS]
        click.echo(json.dumps(rows) if as_json else _listed())
        return
    named(scenario)
    exposed = not exposure.is_loopback(host)
    if exposed and not allow_remote:
        raise UsageError(
            f"Other machines may reach {host}, and the lab is made for this one.",
            "Leave --host out, or add --allow-remote: then passwords and secrets are new at each start.",
        )
    stop = threading.Event()
    # SIGTERM exists on every platform; on Windows only this process can raise it.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _number, _frame: _stop(stop, _frame))
    with ExitStack() as stack:
        papers = stack.enter_context(throwaway(*_names(host))) if tls else None
        lab = stack.enter_context(
            Lab(
                scenario=scenario,
                database=db,
                cases=cases,
                host=host,
                port=port,
                certificate=papers.certificate if papers else None,
                key=papers.key if papers else None,
                ca_file=papers.ca_file if papers else None,
                reset=reset,
            )
        )
        stack.enter_context(written_profile(lab))
        if as_json:
            click.echo(json.dumps(lab.description()))
        else:
            _introduce(lab)
        sys.stdout.flush()
        while not stop.wait(0.2):
            continue


def _listed() -> str:
    """Return the scenarios by the topic of their finding, each with what it shows and what an engineer meets."""
    wide = max(len(row.name) for row in SCENARIOS)
    lines: list[str] = []
    for topic, rows in groupby(SCENARIOS, lambda row: row.finding.partition(".")[0]):
        lines += ["", topic] if topic else []
        for row in rows:
            shows = f"{row.finding} {row.cause}" if row.finding else "nothing wrong"
            lines += [f"  {row.name:<{wide}}  {shows}", f"  {'':<{wide}}  {row.story}"]
    return "\n".join(lines)


def _names(host: str) -> tuple[str, ...]:
    """Return the instance's name, then what other machines may call this one by."""
    name = shipped("seed")["properties"]["instance_name"]
    return (name, socket.gethostname()) if host == EVERYWHERE else (name, host)


def _stop(stop: threading.Event, frame: FrameType | None) -> None:
    stop.set()


def _introduce(lab: Lab) -> None:
    facts = lab.description()
    click.echo(f"The lab serves at   {facts['url']}   (scenario {lab.scenario})")
    if lab.ca_file:
        click.echo(f"trust for it        {lab.ca_file}")
    click.echo(f"administrator       {facts['admin']['user']} / {facts['admin']['password']}")
    click.echo(f"integration user    {facts['integration']['user']} / {facts['integration']['password']}")
    platform = facts["platform_admin"]
    click.echo(f"the platform        {facts['platform_url']}   {platform['user']} / {platform['password']}")
    click.echo(f"TheLoops' inbox     {facts['inbox_url']}")
    click.echo(f"control address     {facts['control_url']}")
    click.echo("")
    click.echo("In another terminal:  snowkit login --profile lab   then   snowkit check --profile lab")
    click.echo("Ctrl-C stops it.")


def profile_of(lab: Lab, name: str = PROFILE) -> tuple[Profile, dict[str, str]]:
    """Return the connection to a lab, inspector included, and its secrets."""
    facts = lab.description()
    profile = Profile(
        name=name,
        url=facts["url"],
        instance_name=lab.instance_name,
        client_id=facts["client_id"],
        environment="sandbox",
        webhook_url=facts["webhook_url"],
        inbox_url=facts["inbox_url"],
        inspector_user=facts["admin"]["user"],
        ca_bundle=facts["ca_file"] or "",
    )
    secrets = {
        "client_secret": facts["client_secret"],
        "refresh_token": facts["refresh_token"] or "",
        "access_token": "",
        "token_expires_at": "",
        "inspector_password": facts["admin"]["password"],
    }
    return profile, secrets


@contextmanager
def written_profile(lab: Lab, name: str = PROFILE) -> Iterator[Profile]:
    """Keep a profile of a lab on disk while the context is open."""
    profile, secrets = profile_of(lab, name)
    profiles.save(profile)
    vault = connection.vault_of(profile)
    vault.put(secrets)
    try:
        yield profile
    finally:
        profiles.remove(name)
        vault.forget()
