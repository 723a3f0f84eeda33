"""What a fresh instance holds."""

from __future__ import annotations

from collections import Counter

from snowkit.lab.instance import Lab
from snowkit.lab.schema import shipped
from snowkit.lab.seed import ADMIN_ID, seed
from snowkit.lab.store import Row, Store
from tests.lab.conftest import NOW

CASE = "sn_customerservice_case"
OURS = (
    ("sys_script", "nameSTARTSWITHTheLoops"),
    ("sys_properties", "nameSTARTSWITHtheloops"),
    ("sys_user_role", "nameSTARTSWITHtheloops"),
    ("sys_api_access_policy", "nameSTARTSWITHTheLoops"),
    ("std_http_auth", "nameSTARTSWITHTheLoops"),
    ("oauth_credential", ""),
)


def _everything(store: Store) -> dict[str, list[Row]]:
    return {table: store.find(table, "ORDERBYsys_id") for table in store.schema.tables}


def test_two_labs_are_the_same() -> None:
    """At the same time of day every record is equal, ids included."""
    made = []
    for _ in range(2):
        store = Store(shipped())
        seed(store, shipped(), NOW, 5)
        made.append(_everything(store))
        store.close()
    assert made[0] == made[1]


def test_ids_do_not_depend_on_the_number_of_cases(store: Store) -> None:
    """The first case is the same case in a lab of any size."""
    seed(store, shipped(), NOW, 2)
    first = store.find(CASE, "number=CS0001001")[0]
    store.clear()
    seed(store, shipped(), NOW, 40)
    again = store.find(CASE, "number=CS0001001")[0]
    assert again["sys_id"] == first["sys_id"]
    assert store.count(CASE) == 40


def test_every_reference_leads_somewhere(store: Store) -> None:
    """No seeded record points to one that is not there."""
    seed(store, shipped(), NOW, 12)
    dangling = [
        (table, element, row[element])
        for table, rows in _everything(store).items()
        for row in rows
        for element, column in shipped().columns(table).items()
        if column.type == "reference" and row[element] and store.get(column.reference, row[element]) is None
    ]
    assert dangling == []


def test_nothing_of_ours_is_there_but_the_entity(lab: Lab) -> None:
    """The customer made the OAuth entity, and nothing else yet."""
    assert [lab.store.count(table, query) for table, query in OURS] == [0] * len(OURS)
    entity = lab.store.find("oauth_entity")[0]
    assert (entity["name"], entity["restricted_binding"]) == ("TheLoops Integration", "false")
    assert "http://127.0.0.1:8765/callback" in entity["redirect_url"].split(",")
    assert "https://app.eu.prod1.theloops.ai/v1/oauth/callback" in entity["redirect_url"].split(",")


def test_the_people_have_the_roles_of_the_contract(lab: Lab) -> None:
    """The administrator is one, the integration user has none, the limited one is only internal."""
    roles = {}
    for name in ("admin", "integration", "limited"):
        user = lab.store.find("sys_user", f"user_name={name}")[0]
        held = lab.store.find("sys_user_has_role", f"user={user['sys_id']}")
        roles[name] = {row["role"] for row in held}
    names = {row["sys_id"]: row["name"] for row in lab.store.find("sys_user_role")}
    assert lab.store.get("sys_user", ADMIN_ID) is not None
    assert {names[role] for role in roles["admin"]} == {"admin", "snc_internal"}
    assert roles["integration"] == set()
    assert {names[role] for role in roles["limited"]} == {"snc_internal"}


def test_every_acl_has_a_role(lab: Lab) -> None:
    """One without role, condition and script would lock everybody out."""
    linked = {row["sys_security_acl"] for row in lab.store.find("sys_security_acl_role")}
    bare = [row for row in lab.store.find("sys_security_acl") if row["sys_id"] not in linked]
    assert bare == []


def test_agents_delete_nothing_of_the_required_tables(lab: Lab) -> None:
    """A canary is cleaned up by somebody else."""
    agents = {"sn_customerservice_agent", "knowledge", "csm_ws_integration", "audit_viewer"}
    query = "operation=delete^sys_security_acl.type=record"
    assert lab.store.count("sys_security_acl", "operation=delete^nameSTARTSWITHsn_customerservice") == 2
    for acl in lab.store.find("sys_security_acl", query.replace("sys_security_acl.", "")):
        links = lab.store.find("sys_security_acl_role", f"sys_security_acl={acl['sys_id']}")
        held = {(lab.store.get("sys_user_role", row["sys_user_role"]) or {})["name"] for row in links}
        assert not held & agents, acl["name"]


def test_the_shipped_policies_are_asleep(lab: Lab) -> None:
    """Active, they would beat every policy that applies to all of the Table API."""
    shipped_rows = lab.store.find("sys_api_access_policy", "ORDERBYname")
    assert [row["name"] for row in shipped_rows] == [
        "Table GET API Access Policy",
        "Table POST API Access Policy",
    ]
    assert {row["active"] for row in shipped_rows} == {"false"}
    assert shipped_rows[0]["sys_id"] == "010e53d3671210101e2becccb585efb4"
    assert lab.store.find("std_http_auth", "type=basic_auth")[0]["name"].endswith(" ")


def test_the_platform_s_endpoint_acls_are_asleep(lab: Lab) -> None:
    """Those of the Case and Account APIs are awake."""
    query = "type=REST_Endpoint^active="
    awake = {row["name"] for row in lab.store.find("sys_security_acl", query + "true")}
    asleep = {row["name"] for row in lab.store.find("sys_security_acl", query + "false")}
    assert awake == {"Case API", "Account API", "Contact API", "Consumer API"}
    assert {"Table API", "Attachment API"} <= asleep


def test_stamps_lie_in_the_past_and_in_order(store: Store) -> None:
    """A pull by time walks the cases one after the other."""
    seed(store, shipped(), NOW, 12)
    rows = store.find(CASE, "ORDERBYsys_created_on")
    assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)
    assert all(row["sys_created_on"] <= row["sys_updated_on"] < "2026-11-24 10:30:00" for row in rows)


def test_there_is_something_in_every_required_table(lab: Lab) -> None:
    """An empty table would prove nothing."""
    tables = [
        CASE, "kb_knowledge", "sys_user", "customer_contact", "sys_journal_field", "sys_audit", "sys_audit_delete",
        "customer_account", "sn_customerservice_escalation", "sys_attachment",
    ]  # fmt: skip
    assert [table for table in tables if not lab.store.count(table)] == []
    attachment = lab.store.find("sys_attachment")[0]
    assert len(lab.store.get_bytes(attachment["sys_id"]) or b"") == int(attachment["size_bytes"])


def test_the_people_of_the_demo_data_are_there(store: Store) -> None:
    """Users, groups and roles that strangers' clients name have the ids of ServiceNow's demo data."""
    seed(store, shipped(), NOW, 3)
    names = {
        "sys_user": {
            "6816f79cc0a8016401c5a33be04be441": "System Administrator",
            "62826bf03710200044e0bfc8bcbe5df1": "Abel Tuter",
            "46d44a23a9fe19810012d100cca80666": "Beth Anglin",
            "5137153cc611227c000bbd1bd8cd2005": "Fred Luddy",
            "681ccaf9c0a8016400b98a06818d57c7": "Joe Employee",
            "26fbff173b331300ad3cc9bb34efc4bd": "Problem Admin",
        },
        "sys_user_group": {
            "287ebd7da9fe198100f92cc8d1d2154e": "Network",
            "d625dccec0a8016700a222a0f7900d06": "Service Desk",
        },
        "sys_user_role": {"2831a114c611228501d4ea6c309d626d": "admin"},
    }
    for table, rows in names.items():
        assert {id_: (store.get(table, id_) or {}).get("name") for id_ in rows} == rows
    finance = store.find("cmn_department", "name=Finance")[0]
    admin = store.get("sys_user", "6816f79cc0a8016401c5a33be04be441")
    assert admin and admin["department"] == finance["sys_id"]
    assert finance["dept_head"] == "46c5bf6ca9fe1981010713e3ac7d3384"
    assert store.count("incident") > 10
    assert store.count("problem", "assigned_toISNOTEMPTY") > 3


def test_some_cases_come_in_one_second(store: Store) -> None:
    """Many cases fall into half a year, and of forty three have the same stamp, as after an import."""
    seed(store, shipped(), NOW, 20_000)
    stamps = [row["sys_created_on"] for row in store.find(CASE, columns=["sys_created_on"])]
    assert "2026-05-2" < min(stamps) < max(stamps) < "2026-11-24 10:30:00"
    counts = Counter(stamps)
    assert sorted(set(counts.values())) == [1, 3]
    assert list(counts.values()).count(3) == 500
