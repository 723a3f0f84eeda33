"""The hand-over says every click that no update set can carry, in an order that locks nobody out."""

from __future__ import annotations

import pytest
from lxml import html

from snowkit.access.records import Policy, Profile
from tests.updateset.building import PACK, built

INSTANCE = "https://dev1.service-now.com"


def section(text: str, title: str) -> str:
    """Return one section of the hand-over."""
    start = text.index(title)
    end = text.find("\n## ", start)
    return text[start:end]


def test_the_order_is_entity_sets_roles_profile_policies() -> None:
    """A policy needs the profile, the profile the entity, a grant the role."""
    text = built(None).files["handover.md"]
    titles = [
        line.partition(". ")[2] for line in text.splitlines() if line.startswith("## ") and line[3].isdigit()
    ]
    assert titles[:6] == [
        "OAuth entity TheLoops Integration",
        "Import the update sets",
        "The integration user",
        "ACLs that are made by hand",
        "Grant the roles to the integration user",
        "Inbound authentication profile TheLoops OAuth",
    ]
    assert titles[6:] == [f"REST API access policy {policy.name}" for policy in PACK.policy]


def test_undoing_goes_the_other_way() -> None:
    """The last errand is undone first; the role is deleted after everything that refers to it."""
    text = built(None).files["handover.md"].partition("## Undoing")[2]
    places = [
        text.index(f"**{name}") for name in ("REST API", "Inbound auth", "Grant", "ACLs", "Import", "OAuth")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("policy", PACK.policy, ids=lambda policy: policy.id)
def test_a_policy_is_active_only_after_every_caller_is_mapped(policy: object) -> None:
    """Off first, reopened, others mapped, ours mapped, then on."""
    text = section(built().files["handover.md"], f"REST API access policy {policy.name}")
    steps = ["Active off", "Open it again", "BasicAuth for none public", "TheLoops OAuth", "Set Active on"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert ("HTTP method GET" in text) == (policy.method == "GET")
    for table in policy.tables:
        assert table in text


def test_delete_is_warned_about_where_all_methods_open_it() -> None:
    """On the Table API for writing; the Case API has no DELETE."""
    text = built().files["handover.md"]
    assert "opens DELETE" in section(text, "REST API access policy TheLoops Table API Write")
    assert "opens DELETE" not in section(text, "REST API access policy TheLoops Case API Access")


def test_the_callers_that_the_instance_shows_are_named() -> None:
    """With the policies read, their profiles are named instead of an example; dead ones are left out."""
    policies = [
        Policy(
            "1",
            "Old",
            "now/account",
            profiles=(Profile("2", "Reporting | <b>\x1b"), Profile("3", "Dead", active=False)),
        ),
        Policy("4", "Off", "now/account", active=False, profiles=(Profile("5", "Unused"),)),
        Policy("6", "Elsewhere", "now/table", profiles=(Profile("7", "Other"),)),
    ]
    text = section(
        built(policies=policies).files["handover.md"], "REST API access policy TheLoops Account API Access"
    )
    assert "callers already there: Reporting \\| &lt;b> ;" in text
    assert "Dead" not in text.partition("callers already there")[2]
    assert "Unused" not in text
    assert "Other" not in text
    assert "\x1b" not in text


def test_both_redirect_urls_are_named() -> None:
    """The region's, and the loopback one where a connection has it."""
    text = built(region="eu", redirect_uri="http://127.0.0.1:8765/callback").files["handover.md"]
    entity = section(text, "OAuth entity")
    assert "https://app.eu.prod1.theloops.ai/v1/oauth/callback" in entity
    assert "http://127.0.0.1:8765/callback" in entity
    assert "app.prod1" not in entity


def test_a_known_client_is_not_made_twice() -> None:
    """A connection that has a client id has an entity: it is compared, not made again."""
    assert "client id abc123 is there already" in section(
        built(client_id="abc123").files["handover.md"], "OAuth entity"
    )
    assert "there already" not in section(built().files["handover.md"], "OAuth entity")


def test_both_ways_of_making_the_entity_are_said() -> None:
    """The console of newer releases, and the registry of older ones."""
    entity = section(built().files["handover.md"], "OAuth entity")
    assert "Machine Identity Console" in entity
    assert "Application Registry" in entity


@pytest.mark.parametrize(
    ("choice", "says"), [("on", "Restriction on:"), ("off", "Restriction off."), ("unknown", "your choice")]
)
def test_token_restriction_is_the_customers_choice(choice: str, says: str) -> None:
    """Unless it is on, each policy is made only where one covers the API already."""
    text = built(token_restriction=choice).files["handover.md"]
    assert says in section(text, "OAuth entity")
    assert ("Skip this section if Enforce Token Restriction is off" in text) == (choice != "on")


def test_links_lead_to_the_instance_when_it_is_known() -> None:
    """They go through the navigator; without an instance they are no links."""
    page = html.fromstring(built(instance_url=INSTANCE).files["handover.html"])
    links = [link.get("href") for link in page.iter("a")]
    assert len(links) == 6 + len(PACK.policy) - 1
    assert all(link.startswith(f"{INSTANCE}/nav_to.do?uri=") for link in links)
    assert not list(html.fromstring(built().files["handover.html"]).iter("a"))


def test_a_hostile_name_is_text_on_the_page() -> None:
    """No element but the template's own appears."""
    hostile = Profile("2", "<img src=x onerror=alert(1)>")
    policies = [Policy("1", "<script>alert(1)</script>", "now/account", profiles=(hostile,))]
    page = html.fromstring(built(policies=policies).files["handover.html"])
    assert not list(page.iter("img", "script"))
    assert "<img src=x onerror=alert(1)>" in page.text_content()
