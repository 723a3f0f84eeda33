"""A person at a browser that may visit any site: reads pages, follows links, fills in forms and presses buttons."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import etree, html


class Browser:
    """Knows only what a page shows: links and buttons go by their words, fields by the words of their labels.

    `ca_file` is an authority that it trusts.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        trust = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._client = httpx.Client(verify=trust, follow_redirects=True, trust_env=False, timeout=30)
        self.response: httpx.Response | None = None

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def url(self) -> str:
        """Where the page came from."""
        assert self.response is not None
        return str(self.response.url)

    @property
    def page(self) -> html.HtmlElement:
        """The page that is open."""
        assert self.response is not None
        return html.fromstring(self.response.text)

    @property
    def text(self) -> str:
        """What the page says, without its markup."""
        return _words(self.page.find("body"))

    def said(self, role: str) -> str:
        """Return what the page says in its `status` or `alert`."""
        found = self.page.xpath(f"//*[@role='{role}']")
        return _words(found[0]) if found else ""

    def open(self, url: str) -> None:
        """Type an address."""
        self.response = self._client.get(url)

    def follow(self, words: str) -> None:
        """Click on a link."""
        links = [each for each in self.page.iter("a") if words in _named(each)]
        assert links, f"No link {words} at {self.url}: {self.text[:400]}"
        self.open(urljoin(self.url, links[0].get("href")))

    def value(self, label: str) -> str:
        """Return what stands in a field."""
        return str(_value(self._field(self.page, label)))

    def choices(self, label: str) -> list[str]:
        """Return what a field offers: the words of its radio buttons or options."""
        (group,) = [each for each in self.page.iter("fieldset") if _words(each.find("legend")) == label]
        return [_words(each) for each in group.iter("label")]

    def press(self, words: str, typed: dict[str, str | bool] | None = None) -> None:
        """Fill in the form around a button, by its labels, and press the button."""
        buttons = [each for each in self.page.iter("button") if words in _named(each)]
        assert buttons, f"No button {words} at {self.url}: {self.text[:400]}"
        form = next(buttons[0].iterancestors("form"))
        for label, value in (typed or {}).items():
            self._fill(form, label, value)
        sent = [pair for field in _fields(form) for pair in _sent(field)]
        if buttons[0].get("name"):
            sent.append((buttons[0].get("name"), buttons[0].get("value") or ""))
        data: dict[str, Any] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        address = urljoin(self.url, form.get("action"))
        method = (form.get("method") or "get").lower()
        self.response = (
            self._client.post(address, data=data)
            if method == "post"
            else self._client.get(address, params=data)
        )

    def send(
        self, url: str, data: dict[str, str], files: dict[str, tuple[str, bytes, str]] | None = None
    ) -> httpx.Response:
        """Send a form, files last, as some page could make a browser do; its answer is the page."""
        self.response = self._client.post(url, data=data, files=files)
        return self.response

    def _field(self, within: etree._Element, label: str) -> etree._Element:
        for each in within.iter("label"):
            if label in (_words(each), _first_words(each)):
                inside = next(_fields(each), None)
                return inside if inside is not None else within.xpath(f".//*[@id='{each.get('for')}']")[0]
        raise AssertionError(f"No field {label} at {self.url}: {self.text[:400]}")

    def _fill(self, form: etree._Element, label: str, value: str | bool) -> None:
        for group in form.iter("fieldset"):
            if _words(group.find("legend")) == label:
                radios = {_words(each): next(_fields(each)) for each in group.iter("label")}
                for radio in radios.values():
                    radio.attrib.pop("checked", None)
                radios[str(value)].set("checked", "checked")
                return
        field = self._field(form, label)
        if field.tag == "select":
            chosen = [each for each in field.iter("option") if value in (_words(each), each.get("value"))]
            assert chosen, f"{label} does not offer {value}"
            for each in field.iter("option"):
                each.attrib.pop("selected", None)
            chosen[0].set("selected", "selected")
        elif field.get("type") == "checkbox":
            field.attrib.pop("checked", None)
            if value:
                field.set("checked", "checked")
        elif field.tag == "textarea":
            field.text = f"\n{value}"
        else:
            field.set("value", str(value))


def _fields(within: etree._Element) -> Iterator[etree._Element]:
    yield from within.iter("input", "select", "textarea")


def _sent(field: etree._Element) -> list[tuple[str, str]]:
    name, kind = field.get("name"), field.get("type")
    if not name or (kind in ("checkbox", "radio") and field.get("checked") is None):
        return []
    return [(name, _value(field))]


def _value(field: etree._Element) -> str:
    if field.tag == "textarea":
        # What a browser does with a line break right behind the tag.
        return (field.text or "").removeprefix("\n")
    if field.tag == "select":
        options = list(field.iter("option"))
        chosen = [each for each in options if each.get("selected") is not None] or options[:1]
        return (chosen[0].get("value") or "") if chosen else ""
    return field.get("value") or ("on" if field.get("type") in ("checkbox", "radio") else "")


def _named(element: etree._Element) -> str:
    return element.get("aria-label") or _words(element)


def _words(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _first_words(label: etree._Element) -> str:
    return " ".join((label.text or "").split())
