"""`snowkit generate`: write the update sets, the hand-over and the change request into a folder."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click

from snowkit import profile as profiles
from snowkit.access import snapshot as snapshots
from snowkit.access.records import Acl, Policy
from snowkit.checks.configuration import Configuration, NotObserved
from snowkit.cli import connection, output
from snowkit.errors import OutputError, ProfileError, UsageError
from snowkit.instance.address import core_domain, normalise
from snowkit.pack.load import load as load_pack
from snowkit.pack.model import Pack
from snowkit.profile import Profile
from snowkit.updateset.generate import Generated, generate
from snowkit.updateset.ids import Build
from snowkit.updateset.options import Options

FIXED = datetime(2000, 1, 1, tzinfo=UTC)
"""The moment that a build with a given id carries, so that its files are the same on any day."""


@click.command("generate")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write into.")
@click.option("--profile", "name", default="", help="The connection, for its webhook URL and region.")
@click.option(
    "--instance", "instances", multiple=True, metavar="NAME=URL", help="An instance and its webhook URL."
)
@click.option("--region", default="", help="us or eu; decides the redirect URL.")
@click.option("--when", type=click.Choice(["after", "async"]), default="after", show_default=True)
@click.option("--rule", "rules", multiple=True, help="case, comment or attachment; all without it.")
@click.option("--signing", is_flag=True, help="Sign each webhook (Standard Webhooks).")
@click.option("--work-notes", is_flag=True, help="Post work notes, too.")
@click.option("--off", is_flag=True, help="Import with the switch off.")
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    help="A folder of exported ACLs: access.xml may carry ACLs.",
)
@click.option(
    "--inspect", is_flag=True, help="Read ACLs and policies through the profile's inspector instead."
)
@click.option("--build-id", default="", help="Make the files byte-identical for the same choices.")
def command(
    out: Path,
    name: str,
    instances: tuple[str, ...],
    region: str,
    when: Literal["after", "async"],
    rules: tuple[str, ...],
    signing: bool,
    work_notes: bool,
    off: bool,
    snapshot: Path | None,
    inspect: bool,
    build_id: str,
) -> None:
    """Write rules.xml, access.xml, rollback.xml, handover.md, handover.html and change.md.

    It asks nobody, unless --inspect is given.
    """
    profile = _profile(name)
    pack = load_pack(profile.pack if profile else "theloops")
    options = Options(
        instances=_instances(instances, profile),
        region=region or (profile.region if profile else "us"),
        when=when,
        rules=rules,
        signing=signing,
        enabled=not off,
        work_notes=work_notes,
        instance_url=normalise(profile.url) if profile and profile.url else "",
        client_id=profile.client_id if profile else "",
        redirect_uri=profile.redirect_uri if profile else "",
        token_restriction=profile.token_restriction if profile else "unknown",
    )
    folder = snapshot or (Path(profile.snapshot) if profile and profile.snapshot else None)
    acls, policies = _seen(pack, name, folder, inspect)
    build = Build(build_id) if build_id else Build.fresh()
    now = FIXED if build_id else datetime.now(UTC)
    made = generate(pack, options, acls=acls, build=build, now=now, policies=policies)
    write(made, out)
    click.echo(summary(made, out), nl=False)
    own = _instances((), profile)
    for missing in own.keys() - options.instances.keys():
        click.echo(
            f"Note: the profile's own instance {missing} is not among those given, so its rules post nothing."
        )
    if made.withheld and acls is None and profile and profile.inspector_user:
        click.echo(
            "Note: with --inspect the inspector shows the ACLs, and access.xml can carry most of these."
        )


def build(profile: Profile, pack: Pack, acls: tuple[Acl, ...] | None) -> Generated:
    """Return a build for one connection, with the choices that nobody made left at their defaults."""
    options = Options(
        instances=_instances((), profile),
        region=profile.region,
        instance_url=normalise(profile.url),
        client_id=profile.client_id,
        redirect_uri=profile.redirect_uri,
        token_restriction=profile.token_restriction,
    )
    return generate(pack, options, acls=acls, build=Build.fresh(), now=datetime.now(UTC))


def _profile(name: str) -> Profile | None:
    try:
        return profiles.load(name)
    except ProfileError:
        if name:
            raise
        return None


def _instances(given: tuple[str, ...], profile: Profile | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in given:
        instance, separator, url = item.partition("=")
        advice = "Give --instance dev12345=https://…, one for each instance."
        if not separator:
            raise UsageError("An --instance is not NAME=URL.", advice)
        if found.get(instance, url) != url:
            raise UsageError(f"The instance {instance} is given two webhook URLs.", advice)
        found[instance] = url
    if not found and profile and profile.url:
        found[profile.instance_name or core_domain(normalise(profile.url))] = profile.webhook_url
    return found


Seen = tuple[tuple[Acl, ...] | None, tuple[Policy, ...]]
"""The ACLs, None when nobody looked, and the policies that the hand-over names."""


def _seen(pack: Pack, name: str, folder: Path | None, inspect: bool) -> Seen:
    if not inspect:
        return snapshots.acls(folder) if folder is not None else None, ()

    async def ask() -> Seen:
        async with connection.open_connection(name) as opened:
            if opened.session.inspector is None:
                raise UsageError("The profile has no inspector.", "Set SNOWKIT_INSPECTOR_USER and _PASSWORD.")
            configuration = Configuration(opened.session.inspector)
            acls = await configuration.acls(table.name for table in pack.table)
            try:
                return acls, await configuration.policies()
            except NotObserved:
                # The hand-over then tells the administrator to look.
                return acls, ()

    return asyncio.run(ask())


def write(made: Generated, folder: Path) -> None:
    """Write every file of a build whole, or none; raises `OutputError`."""
    for name in made.files:
        if (folder / name).is_dir():
            raise OutputError(f"{folder / name} is a folder.", "Give another folder to --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror}.", "Give another folder to --out."
        ) from error
    for name, text in made.files.items():
        output.replace(folder / name, text)


def summary(made: Generated, folder: Path) -> str:
    """Return what was written, in a few lines."""
    lines = [f"Wrote to {folder}:"]
    lines.append(
        f"  rules.xml     {len(made.rules)} records: " + ", ".join(item.target_name for item in made.rules)
    )
    lines.append(
        f"  access.xml    {len(made.access)} records: "
        + ", ".join(item.target_name for item in made.access[:1])
    )
    carried = [f"{opening.table.name} ({opening.operation})" for opening in made.opened if opening.ours]
    if carried:
        lines.append(f"                ACLs for {', '.join(carried)}")
    lines.append("  rollback.xml  deletes those records, and nothing else")
    lines.append("  handover.md, handover.html, change.md")
    lines.append("Roles to grant: " + ", ".join(grant.role for grant in made.grants))
    lines.extend(f"Note: {note}" for note in made.notes)
    return "\n".join(lines) + "\n"
