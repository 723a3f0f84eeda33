"""Every step of the vendor's page can be taken in the lab: on its pages, or by the REST call that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.visitor import Admin
from tests.lab.browser import Browser
from tests.lab.platform.walk import allow, connect, signed_in

CASE = "sn_customerservice_case"
EVERYTHING = {"apply_all_resources": "true", "apply_all_versions": "true", "active": "true"}
ALL_METHODS = {**EVERYTHING, "apply_all_methods": "true"}
READ = {**EVERYTHING, "http_method": "GET", "apply_all_methods": "false"}
TABLES = (
    "sn_customerservice_case,kb_knowledge,sys_user,customer_contact,sys_journal_field,sys_audit,sys_audit_delete,"
    "customer_account,sn_customerservice_escalation"
)
ROLES = ("csm_ws_integration", "sn_customerservice_agent", "knowledge", "audit_viewer")
RULES = (
    ("TheLoops Ticket Comment Webhook", "sys_journal_field", "true"),
    ("TheLoops - Case Created or Updated", CASE, "true"),
    ("TheLoops Attachment Webhook", "sys_attachment", "false"),
)
SCRIPT = """(function executeRule(current, previous) {
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint('%s');
    request.setHttpMethod('post');
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestBody(JSON.stringify({table: current.getTableName() + '', sys_id: current.getUniqueValue()}));
    request.executeAsync();
})(current, previous);"""


class Walk:
    """The customer's administrator and the engineer, and what they have made so far."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.made: dict[str, dict[str, Any]] = {}
        facts = lab.description()
        person = facts["admin"]
        self.instance = httpx.Client(
            base_url=lab.url, auth=(person["user"], person["password"]), trust_env=False, timeout=30
        )

    def new(self, table: str, key: str = "", **values: str) -> dict[str, Any]:
        """Press New, fill in a form and submit it: one POST to the Table API."""
        reply = self.instance.post(f"/api/now/table/{table}", json=values)
        assert reply.status_code == 201, reply.text
        self.made[key or table] = reply.json()["result"]
        return self.made[key or table]

    def settle(self) -> None:
        """Wait until the instance and the platform have nothing left to do."""
        self.lab.scheduler.drain()
        assert self.lab.platform.puller.settle()


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    """A fresh instance, on which the steps are taken in the order of the page."""
    with Lab(cases=3) as lab:
        made = Walk(lab)
        yield made
        made.instance.close()


def test_create_oauth_application(walk: Walk) -> None:
    """Log in; navigator; New Integration with name, active, redirect URL; auth scope; token restriction; save."""
    admin = walk.lab.description()["admin"]
    with Browser() as browser:
        browser.open(f"{walk.lab.url}/login.do")
        browser.press("Log in", {"User name": admin["user"], "Password": admin["password"]})
        assert "Log in" not in browser.text
    redirects = [
        "https://app.prod1.theloops.ai/v1/oauth/callback",
        f"{walk.lab.platform_url}/v1/oauth/callback",
    ]
    entity = walk.new(
        "oauth_entity",
        "entity",
        name="Walked Integration",
        active="true",
        type="client",
        inbound_grant_type="authz_code",
        redirect_url=",".join(redirects),
    )
    assert len(entity["client_id"]) == 32
    scope = walk.new("sys_auth_scope", name="walked_scope")
    apis = {
        "Case API": "sn_customerservice/case",
        "Account API": "now/account",
        "Table API": "now/table",
        "Attachment API": "now/attachment",
    }
    for name, path in apis.items():
        walk.new("sys_api_access_scope", name=name, api_path=path, auth_scope=scope["sys_id"], **ALL_METHODS)
    walk.new("oauth_entity_auth_scope_mapping", oauth_entity=entity["sys_id"], auth_scope=scope["sys_id"])
    path = f"/api/now/table/oauth_entity/{entity['sys_id']}"
    reply = walk.instance.patch(path, json={"restricted_binding": "true"})
    assert reply.json()["result"]["restricted_binding"] == "true"


def test_rest_api_access_policies(walk: Walk) -> None:
    """A standard http authentication profile of type OAuth, and a policy for each API with that profile."""
    entity = walk.made["entity"]["sys_id"]
    profile = walk.new("std_http_auth", name="Walked OAuth", type="oauth", oauth_entity=entity, active="true")
    policies = (
        ("Walked Case API Access", "sn_customerservice/case", ALL_METHODS),
        ("Walked Account API Access", "now/account", READ),
        ("Walked Attachment API Access", "now/attachment", READ),
        ("Walked Table API Access", "now/table", {**READ, "api_tablename": TABLES}),
        ("Walked Table API Write", "now/table", {**ALL_METHODS, "api_tablename": "kb_knowledge"}),
    )
    basic = walk.lab.store.find("std_http_auth", "nameSTARTSWITHBasicAuth")[0]["sys_id"]
    for name, path, values in policies:
        policy = walk.new("sys_api_access_policy", name=name, api_path=path, **values)
        for mapped in (profile["sys_id"], basic):
            walk.new(
                "sys_auth_profile_mapping",
                api_access_policy=policy["sys_id"],
                inbound_auth_profile=mapped,
            )


def test_table_access(walk: Walk) -> None:
    """The page's table access is roles of the integration user, and one access control that no role opens."""
    store = walk.lab.store
    user = store.find("sys_user", "user_name=integration")[0]["sys_id"]
    for name in ROLES:
        role = store.find("sys_user_role", f"name={name}")[0]["sys_id"]
        walk.new("sys_user_has_role", user=user, role=role, state="active")
    role = store.find("sys_user_role", "name=sn_customerservice_agent")[0]["sys_id"]
    # Access controls are not written over REST; an update set or an elevated administrator does it.
    with Admin(walk.lab.control_url) as elevated:
        acl = elevated.insert(
            "sys_security_acl", name="sys_audit_delete", operation="read", type="record", active="true"
        )
        elevated.insert("sys_security_acl_role", sys_security_acl=acl["sys_id"], sys_user_role=role)


def test_integration_setup_and_validation(walk: Walk) -> None:
    """Add Integration, Configuration, Authentication, Connect, Login, Allow; success, list, Test Connection."""
    entity = walk.lab.store.get("oauth_entity", walk.made["entity"]["sys_id"])
    assert entity
    secrets = {"Client ID": entity["client_id"], "Client Secret": entity["client_secret"]}
    with signed_in(walk.lab) as browser:
        id_ = connect(browser, walk.lab, **secrets)
        assert "success" in browser.said("status")
        assert "Boxeo support" in browser.text
        browser.press("Test Connection")
        assert browser.said("status") == "Test Connection: Boxeo support is connected successfully."
    walk.made["integration"] = {"id": id_}
    walk.settle()
    copied = {row["sys_id"] for row in walk.lab.platform.shelf.copies(id_, "cases")}
    assert copied == {row["sys_id"] for row in walk.lab.store.find(CASE)}


def test_webhook_setup(walk: Walk) -> None:
    """Edit, copy the URL; three business rules with the script and that URL; each change reaches the platform."""
    with signed_in(walk.lab) as browser:
        browser.follow("Edit")
        url = browser.value("Webhook URL")
    assert url.startswith(walk.lab.platform_url)
    for name, table, on_update in RULES:
        walk.new(
            "sys_script",
            name=name,
            collection=table,
            when="after",
            advanced="true",
            active="true",
            action_insert="true",
            action_update=on_update,
            script=SCRIPT % url,
        )
    case = walk.new(CASE, "case", short_description="Walked")
    path = f"/api/now/table/{CASE}/{case['sys_id']}"
    assert walk.instance.patch(path, json={"comments": "Is anybody there?"}).status_code == 200
    where = {"table_name": CASE, "table_sys_id": case["sys_id"], "file_name": "a.txt"}
    kind = {"Content-Type": "text/plain"}
    sent = walk.instance.post("/api/now/attachment/file", params=where, content=b"bytes", headers=kind)
    assert sent.status_code == 201
    walk.settle()
    shelf, id_ = walk.lab.platform.shelf, walk.made["integration"]["id"]
    assert case["sys_id"] in {row["sys_id"] for row in shelf.copies(id_, "cases")}
    assert "Is anybody there?" in {row["value"] for row in shelf.copies(id_, "comments")}
    assert shelf.content(id_, "attachments", sent.json()["result"]["sys_id"]) == b"bytes"
    log = walk.lab.store.find("sys_outbound_http_log")
    assert {row["source_table"] for row in log} == {"sys_journal_field", CASE, "sys_attachment"}


def test_token_management(walk: Walk) -> None:
    """The token ends, Test Connection fails; Edit, Authentication, Re-generate Token, Login, Allow; it succeeds."""
    for row in walk.lab.store.find("oauth_credential"):
        walk.lab.store.patch("oauth_credential", row["sys_id"], {"expires": "2020-01-01 00:00:00"})
    with signed_in(walk.lab) as browser:
        browser.press("Test Connection")
        assert browser.said("alert") == "Test Connection: Boxeo support failed."
        browser.follow("Edit")
        browser.follow("Authentication")
        browser.press("Re-generate Token", {"Refresh Token Expiry Date": "2099-12-31"})
        allow(browser, walk.lab)
        assert browser.said("status") == "The token of Boxeo support was refreshed successfully."
        browser.press("Test Connection")
        assert browser.said("status") == "Test Connection: Boxeo support is connected successfully."
