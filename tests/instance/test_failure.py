"""Which layer an answer names; the words are those of the facts on REST behaviour, 1.7."""

from __future__ import annotations

import pytest

from snowkit.instance.failure import classify


def envelope(message: str, detail: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "detail": detail}, "status": "failure"}


@pytest.mark.parametrize(
    ("status", "message", "detail", "cause"),
    [
        (401, "User Not Authenticated", "Required to provide Auth information", "authentication"),
        (401, "User is not authenticated", "Required to provide Auth information", "authentication"),
        (403, "User Not Authorized", "Missing required api access scope: Case", "scope"),
        (403, "User Not Authorized", "Access to unscoped api is not allowed", "scope"),
        (403, "User Not Authorized", "Failed API level ACL Validation", "endpoint_acl"),
        (403, "Insufficient rights to query records", None, "query_acl"),
        (
            403,
            "Operation against file 'x' was denied due to table security.",
            "Field(s) present in the query",
            "query_acl",
        ),
        (403, "Operation Failed", "ACL Exception Insert Failed due to security constraints", "write_acl"),
        (
            403,
            "Operation Failed",
            "Operation against file 'x' was aborted by Business Rule 'a^b'.",
            "business_rule",
        ),
        (403, "Operation Failed", "Data Policy Exception: State is mandatory", "data_policy"),
        (403, "Something new", None, "not_observable"),
        (404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval", "row_acl"),
        (400, "Invalid table x_y", None, "table_missing"),
        (400, "Requested URI does not represent any resource", None, "api_missing"),
        (404, "Requested URI does not represent any resource", None, "api_missing"),
        (429, "Rate limit exceeded", None, "rate_limit"),
        (500, "Transaction cancelled: maximum execution time exceeded", None, "edge"),
        (414, "", None, "edge"),
    ],
)
def test_each_refusal_names_its_layer(status: int, message: str, detail: str | None, cause: str) -> None:
    """Each recorded refusal is laid at its layer, and an unknown one is not guessed."""
    failure = classify(status, "application/json", "", envelope(message, detail))
    assert failure is not None
    assert failure.cause == cause


def test_html_is_never_a_success() -> None:
    """A page with status 200 is a failure of the edge, and a hibernating instance is named."""
    page = '<html><body class="instance-hibernating-page">Your instance is hibernating</body></html>'
    failure = classify(200, "text/html;charset=UTF-8", page, None)
    assert failure is not None
    assert failure.cause == "edge"
    assert "hibernating" in failure.words


def test_rows_with_an_error_are_a_failure() -> None:
    """A cancelled transaction that still sends rows with status 200 is a failure."""
    body = {"result": [{"sys_id": "1"}], **envelope("Transaction cancelled: maximum execution time exceeded")}
    assert classify(200, "application/json", "", body) is not None


def test_an_answer_is_no_failure() -> None:
    """An answer with a result is not a failure."""
    assert classify(200, "application/json", "", {"result": []}) is None
