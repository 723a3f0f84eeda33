"""When the platform pulls: after each webhook, on request, and every few minutes, on one thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from snowkit.lab.platform.connection import Connection, Failed
from snowkit.lab.platform.integration import Integration
from snowkit.lab.platform.pull import pull, pull_named
from snowkit.lab.platform.shelf import Shelf

EVERY = 60.0
_PATIENCE = 30.0
_MOST_WAITING = 200


class Puller:
    """Pulls for all integrations, one after the other; the thread begins with the first thing that it has to do.

    `resolve` gives the base URL of a ServiceNow domain, None for one that cannot be reached.
    """

    def __init__(
        self,
        shelf: Shelf,
        resolve: Callable[[str], str | None],
        ca_file: str | Path | None,
        every: float = EVERY,
    ) -> None:
        self._shelf = shelf
        self._resolve = resolve
        self._ca_file = str(ca_file) if ca_file else None
        self._every = every
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: list[tuple[str, str]] = []
        self._busy = False
        self._stopped = False
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Pull on schedule, if there is an integration to pull for."""
        if self._shelf.integrations():
            with self._changed:
                self._run()

    def wake(self, id_: str, body: str = "") -> None:
        """Pull soon for an integration, what a webhook's body names and all that is new; returns at once."""
        with self._changed:
            if not self._stopped:
                # What is dropped here, the pull by time finds, unless it changed without moving that time.
                self._waiting = [*self._waiting[-_MOST_WAITING:], (id_, body)]
                self._run()
                self._changed.notify_all()

    def settle(self, seconds: float = _PATIENCE) -> bool:
        """Wait until nothing is left to do; says whether that was so in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def close(self) -> None:
        """Finish what is under way and stop."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def forget(self) -> None:
        """Do nothing more of what waits, and wait for what is under way."""
        with self._changed:
            self._waiting.clear()
        self.settle()

    def connect(self, integration: Integration) -> Connection:
        """Return the way into an integration's instance; raises `Failed` where its domain cannot be reached."""
        url = self._resolve(integration.domain)
        if url is None:
            raise Failed(f"{integration.domain} cannot be reached")
        return Connection(url, integration, self._ca_file, self._keep, lambda: self._stopped)

    def test(self, integration: Integration) -> bool:
        """Say whether the instance answers the integration's token, and remember it."""
        try:
            with self.connect(integration) as connection:
                connection.test()
        except Failed:
            self._shelf.change(integration.id, status="Failed")
            return False
        self._shelf.change(integration.id, status="Connected")
        return True

    def drop(self, id_: str) -> None:
        """Delete an integration and its copies, after the pull that is under way."""
        with self._turn:
            self._shelf.remove(id_)

    def pull(self, id_: str, bodies: Sequence[str] = ()) -> int | None:
        """Pull now, first what the bodies of webhooks name; returns how many records are new or changed.

        None is a pull that failed.
        """
        with self._turn:
            integration = self._shelf.integration(id_)
            if integration is None:
                return None
            when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
            try:
                with self.connect(integration) as connection:
                    changed = sum(pull_named(connection, self._shelf, body) for body in bodies)
                    changed += pull(connection, self._shelf)
            except Failed:
                self._shelf.change(id_, synced=f"{when} UTC, failed")
                return None
            self._shelf.change(id_, synced=f"{when} UTC, {changed} new or changed")
            return changed

    def _keep(self, integration: Integration) -> None:
        self._shelf.change(
            integration.id,
            access_token=integration.access_token,
            access_until=integration.access_until,
            refresh_token=integration.refresh_token,
        )

    def _run(self) -> None:
        if self._thread is None and not self._stopped:
            self._thread = threading.Thread(target=self._serve, name="puller", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                asked = self._changed.wait_for(lambda: bool(self._waiting) or self._stopped, self._every)
                if self._stopped:
                    return
                scheduled = [] if asked else self._shelf.integrations()
                due: dict[str, list[str]] = {each.id: [] for each in scheduled}
                for id_, body in self._waiting:
                    due.setdefault(id_, []).extend([body] if body else [])
                self._waiting = []
                self._busy = True
            for id_, bodies in due.items():
                if not self._stopped:
                    self.pull(id_, bodies)
