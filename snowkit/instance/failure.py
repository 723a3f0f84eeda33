"""Which layer refused a request: the one place that reads ServiceNow's error words.

The words and statuses are those of the catalogue in the facts on REST behaviour (section 1.7) and of the
access model (section 8); what they leave open stays `not_observable`.
"""

from __future__ import annotations

from dataclasses import dataclass

from snowkit.instance.evidence import clean

HIBERNATING = "instance-hibernating-page"


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal: `cause` is one of the report's causes, `message` and `detail` are the answer's own words."""

    status: int
    cause: str
    message: str = ""
    detail: str = ""

    @property
    def words(self) -> str:
        """The answer's own words in one line."""
        return clean(": ".join(part for part in (self.message, self.detail) if part)) or f"HTTP {self.status}"


def classify(status: int, content_type: str, text: str, body: object) -> Failure | None:
    """Return why a reply is not the answer that was asked for, or None when it is.

    `body` is the decoded JSON, or None. The content type is judged before the status, since a hibernating
    instance answers 200 with HTML on every path.
    """
    if "html" in content_type:
        return _page(status, text)
    message, detail = error_words(body)
    if status < 300:
        if message:
            return Failure(status, "edge", message, detail)
        return None
    if status < 400:
        return Failure(status, "edge", "The instance redirects REST requests to another page", "")
    return Failure(status, _cause(status, message, detail), message, detail)


def error_words(body: object) -> tuple[str, str]:
    """Return message and detail of ServiceNow's error envelope, empty where there is none."""
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or ""), str(error.get("detail") or "")
    if isinstance(error, str):
        return error, str(body.get("error_description") or "")
    return "", ""


def _page(status: int, text: str) -> Failure:
    if HIBERNATING in text or "hibernating" in text.lower():
        return Failure(status, "edge", "The instance is hibernating", "an HTML page came instead of JSON")
    if "currently offline" in text:
        return Failure(status, "edge", "The instance is offline", "an HTML page came instead of JSON")
    if "login.do" in text or "Sign In" in text:
        return Failure(
            status, "edge", "A login page came instead of JSON", "single sign-on, or not a REST path"
        )
    return Failure(status, "edge", "An HTML page came instead of JSON", "is this a ServiceNow instance?")


def _cause(status: int, message: str, detail: str) -> str:
    words = f"{message} {detail}"
    if status == 401:
        return "authentication"
    if status == 429:
        return "rate_limit"
    if status in (400, 404):
        return _absent(status, message)
    if status == 403:
        return _refused(words)
    if status == 414 or status >= 500:
        return "edge"
    return "not_observable"


def _absent(status: int, message: str) -> str:
    if "does not represent any resource" in message:
        return "api_missing"
    if message.startswith("Invalid table"):
        return "table_missing"
    return "row_acl" if status == 404 else "not_observable"


def _refused(words: str) -> str:
    table = (
        ("Missing required api access scope", "scope"),
        ("Access to unscoped api is not allowed", "scope"),
        ("Failed API level ACL Validation", "endpoint_acl"),
        ("Insufficient rights to query records", "query_acl"),
        ("Field(s) present in the query", "query_acl"),
        ("aborted by Business Rule", "business_rule"),
        ("Data Policy Exception", "data_policy"),
        ("ACL Exception", "write_acl"),
    )
    return next((cause for part, cause in table if part in words), "not_observable")
