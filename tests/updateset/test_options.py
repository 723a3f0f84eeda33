"""Which choices are refused before anything is generated."""

from __future__ import annotations

import pytest

from snowkit.errors import UsageError
from snowkit.updateset.options import Options, check_webhook_url


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/v1/webhooks/x?y=1",
        "https://app.example.com:8443/",
        "http://127.0.0.1:8787/inbox",
        "http://localhost:1/",
        "https://app.example.com/{{7*7}}/';gs.eval(1);//",
    ],
)
def test_a_webhook_url_may_be_https_or_loopback(url: str) -> None:
    """Odd signs in its path are text like any other."""
    check_webhook_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://app.example.com/x", "must be https"),
        ("http://127.0.0.1.example.com/x", "must be https"),
        ("javascript:alert(1)", "no plain host"),
        ("file:///etc/passwd", "no plain host"),
        ("ftp://app.example.com/", "must be https"),
        ("app.example.com/x", "no plain host"),
        ("https://", "no plain host"),
        ("https://user:word@app.example.com/", "user name or password"),
        ("https://good.example\\@evil.example/", "user name or password"),
        ("https://app.example.com/#part", "fragment"),
        ("https://app.example.com:0/", "port 0"),
        ("https://app.example.com:70000/", "not a URL"),
        ("https://аpp.example.com/", "outside ASCII"),  # noqa: RUF001 - a Cyrillic letter
        ("https://app.example.com/\u2028", "outside ASCII"),
        ("https://app.example.com/a b", "a space"),
        ("https://app.example.com/\n", "a space"),
        ("https://{{7*7}}.example.com/", "no plain host"),
        ("https://app.example.com/" + "x" * 2000, "longer than 2000"),
    ],
)
def test_any_other_webhook_url_is_refused_with_the_reason(url: str, reason: str) -> None:
    """The reason is said, and where to copy the right one."""
    with pytest.raises(UsageError) as caught:
        check_webhook_url(url)
    assert reason in caught.value.what
    assert "Copy" in caught.value.next_step


def test_a_refused_url_is_not_repeated() -> None:
    """A password in a URL, or a token in its query, does not reach the terminal."""
    with pytest.raises(UsageError) as caught:
        check_webhook_url("https://user:hunter2@app.example.com/?token=hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["dev1", "acme-test", "0"])
def test_an_instance_has_a_host_name(name: str) -> None:
    """Letters, digits and hyphens."""
    assert Options(instances={name: ""}).instances == {name: ""}


@pytest.mark.parametrize(
    "name", ["", "Dev", "a.b", "a b", "-a", "a\n", "a'b", "x" * 64, "dev1.service-now.com"]
)
def test_any_other_instance_name_is_refused(name: str) -> None:
    """It becomes the end of a property's name, which the rule looks for."""
    with pytest.raises(UsageError, match="not the name of an instance"):
        Options(instances={name: ""})


@pytest.mark.parametrize("prefix", ["", "Theloops", "a.b", "a'", "a\n", "1a", "x" * 32])
def test_a_prefix_is_a_plain_word(prefix: str) -> None:
    """It becomes a part of names and of scripts."""
    with pytest.raises(UsageError, match="not a prefix"):
        Options(prefix=prefix)


@pytest.mark.parametrize("field", ["instance_url", "redirect_uri", "client_id"])
@pytest.mark.parametrize("value", ["https://a\nb", "\x1b[31m", "a b"])
def test_what_the_hand_over_prints_holds_no_control_character(field: str, value: str) -> None:
    """The page is opened in a browser and in terminals."""
    with pytest.raises(UsageError, match="holds a character"):
        Options(**{field: value})
