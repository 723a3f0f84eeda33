"""`snowkit demo`: the whole story on the lab, narrated, with nothing that did not happen."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click

from snowkit.checks.configuration import Configuration
from snowkit.checks.plan import check
from snowkit.cli import connection, errands, generate, output, ports
from snowkit.cli.lab import profile_of
from snowkit.cli.login import sign_in
from snowkit.engine.events import Event, Finished
from snowkit.engine.finding import Verdict
from snowkit.engine.result import Report
from snowkit.instance.session import Session
from snowkit.journal import Journal
from snowkit.lab.instance import Lab
from snowkit.lab.visitor import Admin, Visitor
from snowkit.listener import LOOPBACK
from snowkit.pack.load import load as load_pack
from snowkit.pack.model import Pack
from snowkit.profile import Profile
from snowkit.report import text
from snowkit.report.words import conclusion
from snowkit.secrets import Vault
from snowkit.sync.prove import prove
from snowkit.updateset.generate import Generated
from snowkit.updateset.read import read_file


@click.command("demo")
@click.option("--out", type=click.Path(path_type=Path), help="Keep the generated files in this folder.")
@click.pass_context
def command(context: click.Context, out: Path | None) -> None:
    """Play an onboarding from first line to last on the lab: login, check, generate, import, check, sync.

    Exit code 0 only if all of it happened.
    """
    with tempfile.TemporaryDirectory(prefix="snowkit-demo-") as folder, Lab("fresh") as lab:
        story = Story(lab, Path(folder), out or Path(folder) / "out")
        context.exit(0 if story.tell() else 1)


class Story:
    """One demo: a lab, the connection to it, and the person who clicks."""

    def __init__(self, lab: Lab, folder: Path, out: Path) -> None:
        self._lab = lab
        self._facts = lab.description()
        self._out = out
        self._pack: Pack = load_pack()
        profile, secrets = profile_of(lab, "demo")
        self._profile: Profile = profile.model_copy(
            update={"redirect_uri": f"http://{LOOPBACK}:{ports.free()}/callback"}
        )
        self._vault = Vault(folder, "demo")
        self._vault.put(secrets)
        self._journal = Journal(folder / "journal.jsonl")

    def tell(self) -> bool:
        """Play every chapter in its order and return whether all of them ended as they should."""
        say(f"A lab serves at {self._lab.url}: a customer's ServiceNow as it is before onboarding.")
        say(f"TheLoops' side of it takes webhooks at {self._lab.webhook_url}.")
        with Admin(self._lab.control_url) as admin:
            self._login(admin)
            before = self._check("2. check: what is missing?")
            made = self._generate()
            imported = self._import(admin, made)
            after = self._check("5. check again")
            synced = self._sync() if after.exit_code == 0 else None
        return self._conclude(before, imported, after, synced)

    def _login(self, admin: Admin) -> None:
        chapter("1. login: OAuth authorization code with PKCE")
        errands.add_redirect(admin, self._profile.client_id, self._profile.redirect_uri, clicks)
        person = self._facts["integration"]

        def browse(url: str) -> None:
            say(f"opened   {url.split('?', maxsplit=1)[0]}")
            with Visitor(self._lab.url) as browser:
                back = browser.authorize(url, person["user"], person["password"], follow=True)
            say(f"signed in as {person['user']}, pressed Allow, redirected to {back.split('?')[0]}")

        user = asyncio.run(sign_in(self._profile, self._vault, browse))
        say(
            f"the tokens are taken; the instance names their user: {user or 'not yet, it hides the user table'}"
        )
        asyncio.run(self._refresh())

    async def _refresh(self) -> None:
        async with self._session() as session:
            tokens = await session.refresh(session.bearer.tokens.refresh_token)
        connection.keep_tokens(self._vault, tokens)
        say("refreshed: the refresh token gives access tokens")

    def _session(self) -> Session:
        return Session(connection.login_of(self._profile, self._vault))

    def _check(self, title: str) -> Report:
        chapter(title)

        async def go() -> Report:
            async with self._session() as session:
                return await check(session, self._pack, self._profile)

        report = asyncio.run(go())
        click.echo(text.render(report, ascii_only=output.plain()))
        return report

    def _generate(self) -> Generated:
        chapter("3. generate: the update sets and the hand-over")

        async def ask() -> Generated:
            async with self._session() as session:
                assert session.inspector is not None
                acls = await Configuration(session.inspector).acls(row.name for row in self._pack.table)
            return generate.build(self._profile, self._pack, acls)

        made = asyncio.run(ask())
        generate.write(made, self._out)
        click.echo(generate.summary(made, self._out), nl=False)
        for name in ("rules.xml", "access.xml", "rollback.xml"):
            read = read_file(self._out / name)
            say(f"read back {name}: {len(read.updates)} updates in {read.headers[0].name}")
        return made

    def _import(self, admin: Admin, made: Generated) -> bool:
        chapter("4. import: through the instance's own upload page")
        problems: list[str] = []
        person = self._facts["admin"]
        with Visitor(self._lab.url) as browser:
            browser.sign_in(person["user"], person["password"])
            for name in ("rules.xml", "access.xml"):
                sys_id = browser.upload_update_set(self._out / name)
                found = browser.preview(sys_id)
                problems += found
                say(f"{name}: uploaded, previewed ({len(found)} problems)")
                if not found:
                    browser.commit(sys_id)
                    say(f"{name}: committed")
        for problem in problems:
            say(f"problem: {problem}")
        say("what no update set carries, in place of the customer's administrator:")
        client_id = self._profile.client_id
        errands.grant_roles(admin, self._facts["integration"]["user"], made.grants, clicks)
        errands.make_policies(admin, self._pack, client_id, clicks)
        errands.restrict_token(admin, client_id, clicks)
        return not problems

    def _sync(self) -> Report:
        chapter("6. sync: a canary case goes round")

        def tell(event: Event) -> None:
            if isinstance(event, Finished):
                say(text.line(event.finding, ascii_only=output.plain()))
                say(f"            {event.finding.outcome.summary}")

        async def go() -> Report:
            async with self._session() as session:
                return await prove(session, self._pack, self._profile, self._journal, tell, allow_writes=True)

        return asyncio.run(go())

    def _conclude(self, before: Report, imported: bool, after: Report, synced: Report | None) -> bool:
        chapter("the end")
        left = self._journal.left(self._profile.url)
        endings = {
            "the first check found gaps": before.exit_code == 1 and bool(before.of(Verdict.GAP)),
            "the update sets were committed without a problem": imported,
            "the second check found everything": after.exit_code == 0,
            "the canary went round": synced is not None
            and len(synced.of(Verdict.MET)) == len(synced.findings) > 0,
            "nothing of it is left on the instance": not left,
        }
        for words, happened in endings.items():
            say(f"{'yes' if happened else 'NO '}  {words}")
        click.echo(conclusion(after))
        return all(endings.values())


def chapter(title: str) -> None:
    """Print a heading."""
    click.echo("")
    click.secho(title, bold=True)


def say(line: str) -> None:
    """Print one line of the story."""
    click.echo(f"  {line}" if not output.plain() else f"  {line}".encode("ascii", "replace").decode("ascii"))


def clicks(line: str) -> None:
    """Print a click that the demo does in somebody's place."""
    say(f"[click] {line}")
