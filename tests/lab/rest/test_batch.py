"""The Batch API answers several requests in one, each through all layers."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.lab.rest.conftest import LIMITED, Caller, refusal

BATCH = "/api/now/v1/batch"


async def batch(call: Caller, *requests: dict[str, Any], auth: Any = None) -> dict[str, Any]:
    options = {"auth": auth} if auth else {}
    reply = await call.post(BATCH, {"batch_request_id": "7", "rest_requests": list(requests)}, **options)
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    assert found["batch_request_id"] == "7"
    return found


def content(item: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(item["body"]))


ONE = "/api/now/table/incident?sysparm_fields=number&sysparm_query=number=INC0010001"


async def test_each_answer_has_its_headers_unless_they_are_excluded(call: Caller) -> None:
    """Names and values in a list, or an empty list."""
    asked = {"id": "1", "method": "GET", "url": ONE}
    found = await batch(call, asked, asked | {"id": "2", "exclude_response_headers": True})
    first, second = found["serviced_requests"]
    headers = {header["name"]: header["value"] for header in first["headers"]}
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["X-Total-Count"] == "1"
    assert second["headers"] == []
    assert (first["status_text"], isinstance(first["execution_time"], int)) == ("OK", True)
    assert content(first) == content(second) == {"result": [{"number": "INC0010001"}]}


async def test_bodies_are_base64_both_ways(call: Caller) -> None:
    """A POST makes a record, a DELETE of it answers 204 and no body."""
    sys_id = "ab" * 16
    body = base64.b64encode(json.dumps({"sys_id": sys_id, "short_description": "b"}).encode()).decode()
    found = await batch(
        call,
        {
            "id": "1", "method": "POST", "url": "/api/now/table/incident", "body": body,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
        },
        {"id": "2", "method": "DELETE", "url": f"/api/now/table/incident/{sys_id}"},
    )  # fmt: skip
    made, gone = found["serviced_requests"]
    assert (made["status_code"], content(made)["result"]["short_description"]) == (201, "b")
    assert (gone["status_code"], gone["body"]) == (204, "")


async def test_a_query_too_long_for_an_address_goes_through(call: Caller) -> None:
    """23,000 characters of encoded query, which a plain GET cannot carry."""
    query = "^OR".join(["number=INC0010001", *(f"number=INC{number:07}" for number in range(2000, 3100))])
    assert len(query) > 20_000
    url = f"/api/now/table/incident?sysparm_fields=number&sysparm_query={query}"
    found = await batch(call, {"id": "1", "method": "GET", "url": url})
    assert content(found["serviced_requests"][0]) == {"result": [{"number": "INC0010001"}]}
    assert (await call.get(url)).status_code == 414


async def test_the_callers_rights_count_for_each(call: Caller) -> None:
    """A hidden record is not found."""
    url = f"/api/now/table/sn_customerservice_case/{call.case()['sys_id']}"
    found = await batch(call, {"id": "1", "method": "GET", "url": url}, auth=LIMITED)
    assert found["serviced_requests"][0]["status_code"] == 404
    assert content(found["serviced_requests"][0]) == refusal(
        "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
    )


async def test_an_item_that_is_too_large_is_not_served(call: Caller) -> None:
    """5 MB each; the others are."""
    large = base64.b64encode(b"x" * (5 * 1024 * 1024 + 1)).decode()
    found = await batch(
        call,
        {"id": "1", "method": "POST", "url": "/api/now/table/incident", "body": large},
        {"id": "2", "method": "GET", "url": "/api/now/table/incident"},
    )
    assert found["unserviced_requests"] == ["1"]
    assert [item["id"] for item in found["serviced_requests"]] == ["2"]
