"""What is written reads back the same, whatever the text, and is escaped as exporters escape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from snowkit.errors import UsageError
from snowkit.updateset.draft import Draft
from snowkit.updateset.ids import Build
from snowkit.updateset.read import read_bytes
from snowkit.updateset.write import write
from tests.updateset.building import NOW

BUILD = Build("one")
XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<>&]\"'{}%")
)


def prop(value: str, name: str = "a.b") -> Draft:
    """Return a property."""
    values = {"type": "string", "value": value, "description": value}
    return Draft("sys_properties", "3" * 32, "System Property", name, values=values)


def rule(script: str) -> Draft:
    """Return a rule."""
    values = {
        "collection": "incident",
        "on_insert": True,
        "on_update": False,
        "filter": "",
        "order": 100,
        "script": script,
        "when": "after",
        "description": "",
    }
    return Draft("sys_script", "4" * 32, "Business Rule", "A rule", "incident", values=values)


def written(draft: Draft, description: str = "") -> str:
    """Return an update set that holds one record."""
    return write("A set", description, [draft], build=BUILD, now=NOW)


@given(XML_TEXT, XML_TEXT)
def test_any_text_comes_back_character_by_character(value: str, name: str) -> None:
    """Values, descriptions, names and the header, with every sign that XML or Jinja knows."""
    text = write("A set", value, [prop(value, f"a{name}")], build=BUILD, now=NOW)
    read = read_bytes(text.encode(), "a.xml")
    (update,) = read.updates
    assert update.record.fields["value"] == value
    assert update.record.fields["description"] == value
    assert update.record.fields["name"] == f"a{name}"
    assert update.target_name == f"a{name}"
    assert read.headers[0].description == value


@given(XML_TEXT)
def test_any_script_comes_back_character_by_character(script: str) -> None:
    """Carriage returns and CDATA ends in a script survive both escapings."""
    (record,) = read_bytes(written(rule(script)).encode(), "a.xml").records
    assert record.fields["script"] == script


@pytest.mark.parametrize(
    ("value", "outer", "inner"),
    [
        ("plain", "<payload><![CDATA[", "<value>plain</value>"),
        ("", "<payload><![CDATA[", "<value/>"),
        ("a & <b>", "<payload>&lt;?xml", "<value><![CDATA[a & <b>]]></value>"),
        ("one\ntwo", "<payload>&lt;?xml", "<value><![CDATA[one\ntwo]]></value>"),
        ("one\r\ntwo", "<payload><![CDATA[", "<value>one&#13;\ntwo</value>"),
        ("x]]>y", "<payload>", "<value>x]]&gt;y</value>"),
    ],
)
def test_escaping_is_that_of_real_exports(value: str, outer: str, inner: str) -> None:
    """A payload without CDATA stands in one; a payload with one is escaped by entities; never both."""
    text = write("A set", "", [prop(value)], build=BUILD, now=NOW)
    assert outer in text
    payload = etree.fromstring(text.encode()).findtext("sys_update_xml/payload")
    assert inner in payload
    assert "\n" not in payload.replace(value.replace("\r", "&#13;"), "")


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\ufffe", "\ud800"])
def test_a_sign_that_xml_forbids_is_refused_by_its_name(sign: str) -> None:
    """Nothing is written, and the message holds no raw control character."""
    with pytest.raises(UsageError) as caught:
        written(prop(f"a{sign}b"))
    assert f"U+{ord(sign):04X}" in caught.value.what
    assert sign not in caught.value.what


@pytest.mark.parametrize(
    "value", ["{{7*7}}", "{% include '/etc/passwd' %}", "{{ self.__init__.__globals__ }}"]
)
def test_template_language_in_a_value_stays_text(value: str) -> None:
    """A value is a template's variable, never its text."""
    (record,) = read_bytes(written(prop(value)).encode(), "a.xml").records
    assert record.fields["value"] == value
