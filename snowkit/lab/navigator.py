"""The Application Navigator: what an administrator finds in it by name, and where that leads."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from snowkit.lab.schema import Schema

# source: auth_model 1.1, 1.2, 2, 3: the names of the menus and of the tables behind them.
_MENU = (
    ("Inbound Integrations", "oauth_entity_list.do"),
    ("Application Registry", "oauth_entity_list.do"),
    ("Manage Tokens", "oauth_credential_list.do"),
    ("Auth Scopes", "sys_auth_scope_list.do"),
    ("REST API Auth Scope", "sys_api_access_scope_list.do"),
    ("Inbound Authentication Profiles", "inbound_auth_profile_list.do"),
    ("REST API Access Policies", "sys_api_access_policy_list.do"),
    ("Business Rules", "sys_script_list.do"),
    ("Cases", "sn_customerservice_case_list.do"),
    ("Accounts", "customer_account_list.do"),
    ("Contacts", "customer_contact_list.do"),
    ("Knowledge", "kb_knowledge_list.do"),
    ("Users", "sys_user_list.do"),
    ("Roles", "sys_user_role_list.do"),
    ("System Properties", "sys_properties_list.do"),
    ("Retrieved Update Sets", "sys_remote_update_set_list.do"),
    ("Outbound HTTP Requests", "sys_outbound_http_log_list.do"),
    ("System Log", "syslog_list.do"),
)
_FORM = """<form action="/navpage.do" method="get" role="search"><label for="filter">Application Navigator</label>
<input id="filter" name="sysparm_filter" type="search" value="{filter}" placeholder="Filter">
<button type="submit">Search</button></form>"""


def menu(schema: Schema, wanted: str) -> str:
    """Return the search box, and the entries whose words, or whose tables' names, have `wanted` in them, as HTML.

    `<table>.list` is a way to any table's list, as on the real navigator.
    """
    text = wanted.strip().lower()
    table = schema.get(text.removesuffix(".list"))
    if text.endswith(".list") and table is not None:
        found: Iterable[tuple[str, str]] = [(table.label, f"{table.name}_list.do")]
    else:
        found = [(words, path) for words, path in _MENU if text in words.lower() or text in path]
    items = "".join(f'<li><a href="/{quote(path)}">{escape(words)}</a></li>' for words, path in found)
    return f"{_FORM.format(filter=escape(wanted))}<ul>{items}</ul>"
