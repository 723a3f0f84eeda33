"""A person at a real browser adds an integration on the platform, and edits records on the instance's forms."""

from __future__ import annotations

from typing import Any

import pytest

from snowkit.lab.instance import Lab

pytestmark = pytest.mark.browser


def test_an_integration_is_connected_and_its_webhook_address_copied(tab: Any, lab: Lab) -> None:
    """Form, cookie and redirect hold between two sites of one machine; the copy icon fills the clipboard."""
    said = lab.description()
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.platform_url)
    tab.goto(lab.platform_url)
    tab.get_by_label("Email").fill(said["platform_admin"]["user"])
    tab.get_by_label("Password").fill(said["platform_admin"]["password"])
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_role("link", name="+ Add Integration").click()
    tab.get_by_label("Search").fill("servicenow")
    tab.get_by_role("button", name="Search").click()
    tab.get_by_role("link", name="ServiceNow").click()
    tab.get_by_label("Name").fill("Boxeo support")
    tab.get_by_label("Helpdesk").check()
    tab.get_by_role("button", name="Next").click()
    tab.get_by_label("ServiceNow domain").fill("lab")
    tab.get_by_label("Client ID").fill(said["client_id"])
    tab.get_by_label("Client Secret").fill(said["client_secret"])
    tab.get_by_label("Sandbox").check()
    tab.get_by_label("Updated Time").check()
    tab.get_by_label("Refresh Token Expiry Date").fill("2099-03-04")
    tab.get_by_role("button", name="Connect").click()
    tab.get_by_label("User name").fill(said["admin"]["user"])
    tab.get_by_label("Password").fill(said["admin"]["password"])
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_role("button", name="Allow").click()
    assert tab.get_by_role("status").inner_text() == "The integration Boxeo support was added successfully."
    tab.get_by_role("button", name="Test Connection").click()
    assert "connected successfully" in tab.get_by_role("status").inner_text()
    tab.get_by_role("link", name="Edit").click()
    tab.get_by_role("button", name="Copy the webhook URL").click()
    copied = tab.evaluate("navigator.clipboard.readText()")
    (integration,) = lab.platform.shelf.integrations()
    assert copied == f"{lab.platform_url}/v1/webhooks/servicenow/{integration.id}"
    tab.get_by_role("link", name="Records").click()
    assert "Boxeo support" in tab.get_by_role("main").inner_text()


def test_a_record_is_changed_on_its_form(tab: Any, lab: Lab) -> None:
    """By real typing; a script keeps its lines, which a browser sends in its own way."""
    script = "\nvar a = 1;\n// two\n"
    values = {
        "sys_id": "a" * 32,
        "name": "By hand",
        "collection": "incident",
        "when": "after",
        "script": script,
    }
    lab.store.put("sys_script", values)
    said = lab.description()["admin"]
    tab.goto(f"{lab.url}/sys_script.do?sys_id={values['sys_id']}")
    tab.get_by_label("User name").fill(said["user"])
    tab.get_by_label("Password").fill(said["password"])
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_label("Name", exact=True).fill("By browser")
    tab.get_by_label("Active").check()
    tab.get_by_role("button", name="Update").click()
    tab.get_by_role("heading", name="Business Rule: By browser").wait_for()
    row = lab.store.get("sys_script", values["sys_id"])
    assert row is not None
    assert (row["name"], row["active"], row["script"]) == ("By browser", "true", script)
