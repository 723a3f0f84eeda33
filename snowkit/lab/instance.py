"""The emulated instance and its platform, put together: started, described, reset and stopped here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from snowkit.lab import app, exposure, properties, releases
from snowkit.lab.acl import Acl
from snowkit.lab.control import PREFIX as CONTROL
from snowkit.lab.controls import Controls
from snowkit.lab.cookies import Cookies
from snowkit.lab.database import discard
from snowkit.lab.outbound import Outbound
from snowkit.lab.people import People
from snowkit.lab.platform import ADMIN, CALLBACK_PATH, INBOX_PATH, WEBHOOK_PATH, Platform
from snowkit.lab.records import Records
from snowkit.lab.rules import Rules
from snowkit.lab.scenarios import ENTITY_ID, fill, named
from snowkit.lab.scheduler import Scheduler
from snowkit.lab.schema import shipped
from snowkit.lab.seed import record_id
from snowkit.lab.session import Session
from snowkit.lab.store import Row, Store
from snowkit.lab.switches import SwitchBoard, Switches
from snowkit.lab.tokens import Tokens
from snowkit.lab.transactions import Transactions
from snowkit.listener import LOOPBACK, Listener

PEOPLE = ("admin", "integration", "limited")


class Lab:
    """An emulated ServiceNow instance and the platform that its webhooks reach.

    Use it as a context manager, or call `start` and `stop`; without either, `app` answers in process, and only
    `url`, `webhook_url` and what else names a port are not there yet. `database` is a file that outlives the lab,
    seeded where it is new, or anew with `reset`; by default nothing of it outlives the lab. `certificate` and `key`
    are PEM files: with them the instance and the platform speak https, and `ca_file` is who signed them. At a `host`
    that other machines reach, the instance (not the platform) answers them, with new passwords and secrets.

    Raises `LabError` for an unknown scenario or an unusable database, `PortTaken` on starting.
    """

    def __init__(
        self,
        scenario: str = "fresh",
        *,
        database: str | Path | None = None,
        cases: int = 12,
        host: str = LOOPBACK,
        port: int = 0,
        platform_port: int = 0,
        certificate: str | None = None,
        key: str | None = None,
        ca_file: str | None = None,
        reset: bool = False,
    ) -> None:
        self.scenario = named(scenario).name
        self.switches = SwitchBoard()
        self.schema = shipped()
        if reset and database is not None:
            discard(database)
        self.store = Store(self.schema, database, now=self.now)
        self.scheduler = Scheduler(lambda: self.switches.current.async_delay)
        self.outbound = Outbound(self, ca_file)
        self.rules = Rules(self)
        self.controls = Controls(self.store)
        self.people = People(self)
        self.tokens = Tokens(self)
        self.cookies = Cookies(self)
        self.records = Records(self)
        self.transactions = Transactions(self)
        self.platform = Platform(
            lambda: self.switches.current.inbox,
            database=database,
            address=lambda: self.platform_url,
            resolve=lambda domain: self.url if domain.lower() == self.instance_name else None,
            ca_file=ca_file,
        )
        self.ca_file = ca_file
        self._cases = cases
        self.app = app.build(self)
        self._front = Listener(self.app, host=host, port=port, certificate=certificate, key=key)
        self._back = Listener(self.platform.app, port=platform_port, certificate=certificate, key=key)
        self._exposed = not exposure.is_loopback(host)
        if self.store.is_empty():
            self._fill()
        if self._exposed:
            exposure.renew(self.store)
        self.change_switches(named(self.scenario).switches)

    def now(self) -> datetime:
        """Return the instance's time (UTC), which the switch `clock_skew` moves."""
        return datetime.now(UTC) + timedelta(seconds=self.switches.current.clock_skew)

    @property
    def instance_name(self) -> str:
        """What the instance calls itself, in the property of that name."""
        return properties.text(self.store, "instance_name")

    @property
    def url(self) -> str:
        """The instance's base URL, without a trailing slash."""
        return self._front.url

    @property
    def platform_url(self) -> str:
        """The platform's base URL, without a trailing slash."""
        return self._back.url

    @property
    def inbox_url(self) -> str:
        """Where the platform shows the webhooks that it received."""
        return self.platform_url + INBOX_PATH

    @property
    def webhook_url(self) -> str:
        """Where the platform receives webhooks: what an engineer copies into the rules."""
        return self.platform_url + WEBHOOK_PATH

    @property
    def control_url(self) -> str:
        """Where anything can be read and changed without the instance's security and rules."""
        return self.url + CONTROL

    def start(self) -> None:
        """Serve the instance and the platform; returns when both answer."""
        self._back.start()
        try:
            self._follow_platform()
            self.scheduler.start()
            self._front.start()
            self.platform.start()
        except BaseException:
            self._back.stop()
            self.scheduler.stop()
            raise

    def stop(self) -> None:
        """Stop serving and let go of everything; a lab is not started twice."""
        # While the instance still answers what the platform asks it.
        self.platform.close()
        self._front.stop()
        self.scheduler.stop()
        self.rules.close()
        # Before the platform, which would wait for the connections that are kept to it.
        self.outbound.close()
        self._back.stop()
        self.store.close()

    def __enter__(self) -> Lab:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self, scenario: str | None = None) -> None:
        """Go back to the scenario, or to another: records, switches, the inbox and what waits to be done."""
        chosen = named(scenario or self.scenario).name
        self.scheduler.clear()
        self.switches.reset()
        self.platform.clear()
        self.cookies.clear()
        self.scenario = chosen
        self.records = Records(self)
        self._fill()
        self.change_switches(named(chosen).switches)
        if self._exposed:
            exposure.renew(self.store)

    def change_switches(self, changes: Mapping[str, Any]) -> Switches:
        """Set some switches; a release also shows in the records that ship with it. Raises `LabError`."""
        switches = self.switches.change(changes)
        if "release" in changes:
            releases.apply(self.store, switches.release)
        return switches

    def may(self, session: Session, operation: str, table: str, row: Row) -> bool:
        """Say whether the access controls let a user do something with a record."""
        return Acl(self, session).may(operation, table, row)

    def has_plugin(self, plugin: str) -> bool:
        """Say whether a plug-in is active, in both tables that list it."""
        lists = (("v_plugin", "id"), ("sys_plugins", "source"))
        return all(self.store.count(table, f"{field}={plugin}^active=active") for table, field in lists)

    def description(self) -> dict[str, Any]:
        """Return what a stranger's client needs: the line that `snowkit lab --json` prints."""
        entity = self.store.get("oauth_entity", ENTITY_ID) or {}
        token = self.store.get("oauth_credential", record_id("oauth_credential", "refresh"))
        return {
            "url": self.url,
            **{person: self._login(person) for person in PEOPLE},
            "client_id": entity.get("client_id", ""),
            "client_secret": entity.get("client_secret", ""),
            "redirect_urls": [url.strip() for url in entity.get("redirect_url", "").split(",")],
            "refresh_token": token["token"] if token else None,
            "webhook_url": self.webhook_url,
            "inbox_url": self.inbox_url,
            "platform_url": self.platform_url,
            "platform_admin": dict(ADMIN),
            "control_url": self.control_url,
            "ca_file": self.ca_file,
        }

    def _login(self, person: str) -> Row:
        user = self.store.get("sys_user", record_id("sys_user", person)) or {}
        return {"user": user.get("user_name", ""), "password": user.get("user_password", "")}

    def _fill(self) -> None:
        """Put the store into its scenario; TheLoops' own redirect stays first, where unmatched ones end."""
        fill(self.store, self.schema, self.scenario, self.now(), self._cases, self.webhook_url)
        entity = self.store.get("oauth_entity", ENTITY_ID) or {}
        first, *others = entity["redirect_url"].split(",")
        urls = ",".join((first, self.platform_url + CALLBACK_PATH, *others))
        self.store.patch("oauth_entity", ENTITY_ID, {"redirect_url": urls})

    def _follow_platform(self) -> None:
        """Let what names the platform's port of earlier, or of before the start, name the one of now."""
        for entity in self.store.find("oauth_entity", f"redirect_urlLIKE//{LOOPBACK}:"):
            urls = [self._callback(url) for url in entity["redirect_url"].split(",")]
            self.store.patch("oauth_entity", entity["sys_id"], {"redirect_url": ",".join(urls)})
        for row in self.store.find("sys_properties", f"valueENDSWITH{WEBHOOK_PATH}"):
            if f"//{LOOPBACK}:" in row["value"]:
                self.store.patch("sys_properties", row["sys_id"], {"value": self.webhook_url})

    def _callback(self, url: str) -> str:
        ours = f"//{LOOPBACK}:" in url and url.endswith(CALLBACK_PATH)
        return self.platform_url + CALLBACK_PATH if ours else url
