"""Which rows a list request finds: by names and display values, page after page, and past what may be queried."""

from __future__ import annotations

from tests.lab.rest.conftest import LIMITED, Caller, refusal

CASES = "/api/now/table/sn_customerservice_case"
SHOWN = {"sysparm_fields": "number", "sysparm_limit": "100"}


async def _numbers(call: Caller, **parameters: str) -> list[str]:
    reply = await call.get(CASES, params=SHOWN | parameters)
    return sorted(row["number"] for row in reply.json()["result"])


def _of(call: Caller, query: str) -> list[str]:
    return sorted(row["number"] for row in call.lab.store.find("sn_customerservice_case", query))


async def test_names_and_values_filter_with_display_values_of_choices_and_references(call: Caller) -> None:
    """Row 1.1: ?active=true&state=New, labels for choices, names for references, and dotted names."""
    boxeo = call.case()["account"]
    wanted = _of(call, f"account={boxeo}^state=1")
    assert wanted
    assert await _numbers(call, account=boxeo, state="1") == wanted
    assert await _numbers(call, account="Boxeo", state="New") == wanted
    assert await _numbers(call, account="boxeo", state="new") == wanted
    assert await _numbers(call, state="1", **{"account.name": "Boxeo"}) == wanted
    assert await _numbers(call, account="Nobody") == []


async def test_a_name_that_is_no_field_filters_nothing(call: Caller) -> None:
    """Row 1.3, measured: a misspelt name gives the whole table."""
    assert await _numbers(call, stat="executing") == _of(call, "")


async def test_a_query_and_names_exclude_each_other(call: Caller) -> None:
    """Row 1.1: sysparm_query is mutually exclusive with names and values; here the query wins."""
    assert await _numbers(call, sysparm_query="ORDERBYnumber", number="nothing") == _of(call, "")


async def test_the_canary_of_a_refused_function_sees_the_whole_table(call: Caller) -> None:
    """Row 1.3: a function that the sandbox refuses takes its clause away; one that it knows does not."""
    refused = "sys_created_on>javascript:gs.nosuchFunction()"
    assert await _numbers(call, sysparm_query=refused) == _of(call, "")
    evaluated = "sys_created_on>javascript:gs.dateGenerate('2999-01-01','00:00:00')"
    assert await _numbers(call, sysparm_query=evaluated) == []


async def test_keyset_pages_meet_every_row_once(call: Caller) -> None:
    """Row 5: the recommended first and following queries, by stamp and id, until an empty page."""
    for position in range(7):
        call.add("incident", short_description=f"same second {position}")
    base = "sys_updated_on>=2000-01-01 00:00:00"
    order = "^ORDERBYsys_updated_on^ORDERBYsys_id"
    query, seen = base, list[str]()
    while True:
        wanted = {"sysparm_query": query + order, "sysparm_limit": "2", "sysparm_no_count": "true"}
        reply = await call.get("/api/now/table/incident", params=wanted)
        rows = reply.json()["result"]
        assert "x-total-count" not in reply.headers
        if not rows:
            break
        seen += [row["sys_id"] for row in rows]
        stamp, sys_id = rows[-1]["sys_updated_on"], rows[-1]["sys_id"]
        query = f"{base}^sys_updated_on>{stamp}^NQ{base}^sys_updated_on={stamp}^sys_id>{sys_id}"
    assert sorted(seen) == sorted(row["sys_id"] for row in call.lab.store.find("incident"))


async def test_without_a_count_there_is_no_last_page(call: Caller) -> None:
    """Rows 1.2 and 1.5: nobody counted, so Link knows the next page but not the last."""
    reply = await call.get(
        CASES, params={"sysparm_no_count": "true", "sysparm_limit": "1", "sysparm_offset": "1"}
    )
    relations = [part.partition(";")[2] for part in reply.headers["link"].split(",")]
    assert relations == ['rel="first"', 'rel="next"', 'rel="prev"']


async def test_a_page_of_no_rows_has_no_next(call: Caller) -> None:
    """A client that follows next does not walk in a circle."""
    reply = await call.get(CASES, params={"sysparm_limit": "0"})
    assert reply.json() == {"result": []}
    assert "next" not in reply.links


async def test_links_keep_the_query_and_name_the_callers_host(call: Caller) -> None:
    """Row 1.5: absolute, and with every other parameter as it came."""
    query = "active=true^short_descriptionISNOTEMPTY^ORDERBYnumber"
    found: list[str] = []
    url: str | None = f"{CASES}?sysparm_limit=2"
    parameters: dict[str, str] | None = {"sysparm_query": query}
    while url:
        assert url.startswith(("/", "http://instance.example/"))
        reply = await call.get(url, params=parameters) if parameters else await call.get(url)
        found += [row["number"] for row in reply.json()["result"]]
        url, parameters = reply.links.get("next", {}).get("url"), None
    assert found == sorted(_of(call, query))


async def test_query_match_and_query_range_are_asked_for_their_own_operators(call: Caller) -> None:
    """Row 1.9: = needs query_match; LIKE, >= and ORDERBY need query_range; words as the catalogue has them."""
    call.acl("sys_user.user_name", "query_range", "admin")
    users = "/api/now/table/sys_user"
    match = await call.get(users, params={"sysparm_query": "user_name=limited"}, auth=LIMITED)
    assert [row["user_name"] for row in match.json()["result"]] == ["limited"]
    no_query = refusal(
        "Insufficient rights to query records",
        "Field(s) present in the query do not have permission to be read",
    )
    for query in (
        "user_nameLIKElim",
        "user_name>=a",
        "ORDERBYuser_name",
        "active=true^ORuser_nameSTARTSWITHa",
    ):
        reply = await call.get(users, params={"sysparm_query": query}, auth=LIMITED)
        assert (reply.status_code, reply.json()) == (403, no_query)
    call.lab.switches.change({"query_acl": "strip"})
    reply = await call.get(users, params={"sysparm_query": "user_name>=zzz"}, auth=LIMITED)
    assert len(reply.json()["result"]) > 1
