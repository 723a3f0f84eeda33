"""What the terminal UI's keys really do: the actions, on connections, the lab, and the files of this machine."""

from __future__ import annotations

import asyncio
import os
import queue
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from snowkit import profile as profiles
from snowkit.access.records import Acl
from snowkit.checks.configuration import Configuration
from snowkit.checks.plan import check
from snowkit.cli import connection, form, generate, ports, verdicts
from snowkit.cli.login import sign_in
from snowkit.cli.narration import Tell, narrated
from snowkit.cli.own_lab import OwnLab
from snowkit.engine.result import Report
from snowkit.errors import InstanceError, OAuthError, PortTaken, ProfileError
from snowkit.journal import Journal
from snowkit.profile import Profile
from snowkit.sync.prove import REMOVES, WRITES, prove
from snowkit.tui.actions import Actions, Connection, Consent, Emit, Known, Written
from snowkit.updateset.generate import Generated


class Desk:
    """The actions of one run of the terminal UI, and the lab while it is open; a context manager."""

    def __init__(self) -> None:
        self._lab = OwnLab()
        self._builds: dict[str, Generated] = {}

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *error: object) -> None:
        self._lab.close()

    def actions(self) -> Actions:
        """Return what the terminal UI may do."""
        return Actions(
            connections=self.connections,
            open_lab=self.open_lab,
            login=self.login,
            check=self.check,
            folder=lambda name: Path("onboarding") / name,
            generate=self.generate,
            install=self.install,
            consent=self.consent,
            sync=self.sync,
            form=self.form,
            profiles=f"{profiles.LOCAL_FILE} here, or {profiles.home().profiles}",
        )

    def connections(self) -> Known:
        """Return every connection as it would be used: the environment goes before what a file says."""
        readable, wrong = profiles.readable()
        names, errors = [profile.name for profile in readable], list(wrong)
        if os.environ.get("SNOWKIT_URL") and not names and not errors:
            names = [profiles.load().name]
        lines: list[Connection] = []
        for name in names:
            try:
                lines.append(self._line(profiles.load(name)))
            except ProfileError as error:
                errors.append(error)
        return Known(tuple(lines), tuple(errors))

    def _line(self, profile: Profile) -> Connection:
        vault = connection.vault_of(profile)
        verdict, checked_at = verdicts.last(profile.name, profile.url) or (None, None)
        return Connection(
            name=profile.name,
            url=profile.url,
            environment=profile.environment,
            capabilities=profile.capability,
            client_id=profile.client_id,
            redirect_uri=profile.redirect_uri,
            logged_in=bool(vault.get("refresh_token") or vault.get("access_token")),
            verdict=verdict,
            checked_at=checked_at,
            emulated=profile.name == self._lab.name,
        )

    async def open_lab(self) -> str:
        """Start the lab, unless it runs, and return its connection's name."""
        return await asyncio.to_thread(self._lab.open)

    async def login(self, name: str) -> AsyncIterator[str]:
        """Log in by the browser, or in the lab as the person at its pages, yielding each step."""
        profile, _, vault = connection.load(name)
        _refuse_taken_port(profile.redirect_uri)
        answers: queue.Queue[str] = queue.Queue()

        def work(tell: Tell) -> None:
            browse = self._lab.visitor(profile, tell) if name == self._lab.name else _browser(tell)
            user = asyncio.run(sign_in(profile, vault, browse, pasted=answers))
            whose = f"and calls their user {user}" if user else "and does not show whose they are"
            tell(f"The instance takes the tokens, {whose}")

        try:
            async for line in narrated(work):
                yield line
        finally:
            # Whoever still waits for the redirect wakes up: this is no answer to any request.
            answers.put("cancelled")

    async def check(self, name: str, emit: Emit) -> Report:
        """Probe a connection; nothing is written."""
        async with connection.open_connection(name) as opened:
            report = await check(opened.session, opened.pack, opened.profile, emit)
        verdicts.remember(name, profiles.load(name).url, report)
        return report

    async def generate(self, name: str, folder: Path) -> Written:
        """Write the update sets and the hand-over; ACLs only where the inspector shows which there are."""
        profile, pack, _ = connection.load(name)
        acls: tuple[Acl, ...] | None = None
        unread = ""
        async with connection.open_connection(name) as opened:
            if opened.session.inspector is not None:
                try:
                    acls = await Configuration(opened.session.inspector).acls(row.name for row in pack.table)
                except InstanceError as error:
                    unread = f"The inspector cannot show the ACLs, so none is written: {error.what}"
        made = generate.build(profile, pack, acls)
        await asyncio.to_thread(generate.write, made, folder)
        self._builds[name] = made
        return Written(folder, _files(made), (*((unread,) if unread else ()), *_notes(made)))

    async def install(self, name: str, folder: Path) -> AsyncIterator[str]:
        """Play the lab's administrator: import the sets, then do the errands of the hand-over."""
        self._lab.opened(name)
        profile, pack, _ = connection.load(name)
        made = self._builds[name]

        def work(tell: Tell) -> None:
            self._lab.install(profile, pack, made, folder, tell)

        async for line in narrated(work):
            yield line

    def consent(self, name: str) -> Consent:
        """Say what a sync would write, remove and leave; raises `OAuthError` where nobody has signed in."""
        profile, _, vault = connection.load(name)
        tokens = connection.tokens_of(vault)
        if not tokens.access_token and not tokens.refresh_token:
            raise OAuthError("Nobody has signed in.", "Press l to log in.")
        kept = f"On this machine: what was written, in {profiles.home().journal}."
        if profile.inspector_user or vault.get("inspector_token"):
            return Consent((*WRITES, kept), REMOVES)
        # Only the inspector uploads, and only it deletes.
        writes = tuple(line for line in WRITES if "by the inspector" not in line)
        case = "The case with its comment: no inspector may delete it. It is named at the end."
        return Consent((*writes, kept), stays=(case,))

    def form(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return what the platform's form asks for, as far as this machine knows it."""
        profile, pack, _ = connection.load(name)
        return form.values(profile, pack)

    async def sync(self, name: str, emit: Emit) -> Report:
        """Send a canary all the way; only called after a yes."""
        journal = Journal(profiles.home().journal)
        async with connection.open_connection(name) as opened:
            return await prove(opened.session, opened.pack, opened.profile, journal, emit, allow_writes=True)


def _browser(tell: Tell) -> Tell:
    def browse(url: str) -> None:
        if webbrowser.open(url):
            tell("Your browser is open: sign in as the integration user and press Allow")
        else:
            tell(f"No browser could be opened. Open this address yourself: {url}")

    return browse


def _refuse_taken_port(redirect_uri: str) -> None:
    port = urlsplit(redirect_uri).port or 0
    if ports.is_taken(port):
        raise PortTaken(
            f"Another process listens on port {port}, where the browser would come back to.",
            "End it, or log in by snowkit login --no-browser, which takes the address by hand.",
        )


def _files(made: Generated) -> tuple[tuple[str, str], ...]:
    said = {
        "rules.xml": f"{len(made.rules)} records: the business rules and their properties",
        "access.xml": f"{len(made.access)} records: the role, and ACLs where they shadow none",
        "rollback.xml": "deletes those records, and nothing else",
        "handover.md": "what no update set can carry, click by click",
        "handover.html": "the same, to read in a browser",
        "change.md": "the text for the customer's change request",
    }
    return tuple((name, said.get(name, "")) for name in made.files)


def _notes(made: Generated) -> tuple[str, ...]:
    withheld = (
        f"ACL {opening.table.name} ({opening.operation}) is withheld: {opening.reason}"
        for opening in made.withheld
    )
    granted = "Roles to grant: " + ", ".join(grant.role for grant in made.grants) if made.grants else ""
    return (*made.notes, *withheld, *((granted,) if granted else ()))
