"""The states of an instance that the lab can start in, and what snowkit should find in each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from snowkit.errors import LabError
from snowkit.lab.gaps import Gap, shipped_gaps
from snowkit.lab.moments import stamp
from snowkit.lab.schema import Schema
from snowkit.lab.seed import Planter, record_id, seed, shipped
from snowkit.lab.store import Store
from snowkit.resources import folder

ENTITY_ID = record_id("oauth_entity", "theloops")
REFRESH_TOKEN = "onboarded-refresh-token-of-the-lab-0000000000000000000000000000000000000000000000000000"  # noqa: S105
# Where the recorded update sets hold the address of the lab's own platform, which changes with its port.
WEBHOOK_URL = "{webhook_url}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named state: the finding that should be reported as its one gap, the finding's cause, and a sentence."""

    name: str
    finding: str
    cause: str
    story: str
    prepare: Callable[[Planter, datetime, str], None]
    switches: Mapping[str, Any] = field(default_factory=dict)


def onboard(planter: Planter, now: datetime, webhook_url: str) -> None:
    """Bring a fresh instance to where the update sets are committed and the hand-over is done."""
    for record in recorded():
        values = {name: value.replace(WEBHOOK_URL, webhook_url) for name, value in record["values"].items()}
        planter.plant(record["table"], [values])
    added = shipped("onboarding")
    for table in ("std_http_auth", "sys_api_access_policy"):
        planter.plant(table, added[table])
    planter.plant(
        "sys_auth_profile_mapping",
        [
            {
                "key": f"{policy['key']}.{profile}",
                "api_access_policy": f"@{policy['key']}",
                "inbound_auth_profile": f"@std_http_auth:{profile}",
            }
            for policy in added["sys_api_access_policy"]
            for profile in ("theloops", "basic")
        ],
    )
    planter.grant(added["grants"])
    role = planter.store.find("sys_user_role", "name=theloops.integration", limit=1)[0]["sys_id"]
    user = record_id("sys_user", "integration")
    planter.plant("sys_user_has_role", [{"key": "integration.theloops", "user": user, "role": role}])
    entity = planter.store.patch("oauth_entity", ENTITY_ID, {"restricted_binding": "true"})
    lifespan = timedelta(seconds=int(entity["refresh_token_lifespan"]))
    planter.plant(
        "oauth_credential",
        [
            {
                "key": "refresh",
                "token": REFRESH_TOKEN,
                "type": "refresh_token",
                "expires": stamp(now + lifespan),
                "token_received": stamp(now),
                "user": user,
                "peer": ENTITY_ID,
                "client_id": entity["client_id"],
                "scopes": "useraccount",
            }
        ],
    )


def recorded() -> list[dict[str, Any]]:
    """Return the records that the default `generate` writes, as they were recorded: table and values."""
    path = folder("fixtures") / "lab" / "onboarded.json"
    records: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["records"]
    return records


def _nothing(planter: Planter, now: datetime, webhook_url: str) -> None:
    """Leave the instance as it ships."""


def _broken(gap: Gap) -> Callable[[Planter, datetime, str], None]:
    """Return what prepares an onboarded instance with a gap."""

    def prepare(planter: Planter, now: datetime, webhook_url: str) -> None:
        onboard(planter, now, webhook_url)
        gap.make(planter, now)

    return prepare


SCENARIOS = (
    Scenario("fresh", "", "none", "The instance as it ships, with TheLoops' OAuth entity.", _nothing),
    Scenario("onboarded", "", "none", "Everything that TheLoops needs is there.", onboard),
    *(
        Scenario(
            name,
            gap.finding,
            gap.cause,
            gap.story,
            _broken(gap),
            gap.switches,
        )
        for name, gap in shipped_gaps().items()
    ),
)


def named(name: str) -> Scenario:
    """Return the scenario of a name; raises `LabError` where there is none."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    known = [scenario.name for scenario in SCENARIOS]
    near = get_close_matches(name, known, n=3) or known
    raise LabError(f"The lab has no scenario {name}.", f"Choose one of: {', '.join(near)}.")


def fill(store: Store, schema: Schema, scenario: str, now: datetime, cases: int, webhook_url: str) -> None:
    """Put a store into a scenario, whatever it held before."""
    chosen = named(scenario)
    with store.transaction():
        store.clear()
        seed(store, schema, now, cases)
        chosen.prepare(Planter(store, schema, now), now, webhook_url)
