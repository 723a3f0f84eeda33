"""What the reader takes from an update set, and what it refuses with a place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

from snowkit.errors import UpdateSetError
from snowkit.updateset.read import read_bytes, read_file

HEADER = """<sys_remote_update_set action="INSERT_OR_UPDATE">
<application display_value="Global">global</application>
<description/>
<name>A set</name>
<remote_sys_id>22222222222222222222222222222222</remote_sys_id>
<state>loaded</state>
<sys_id>11111111111111111111111111111111</sys_id>
</sys_remote_update_set>
"""
RECORD = (
    '<record_update table="sys_properties"><sys_properties action="{action}"><name>a.b</name>{more}'
    "<sys_id>{id}</sys_id></sys_properties></record_update>"
)


def export(payload: str, *, action: str = "INSERT_OR_UPDATE", header: str = HEADER) -> bytes:
    """Return an export whose one update holds `payload`, already escaped."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><unload unload_date="2026-01-01 00:00:00">\n'
        f'{header}<sys_update_xml action="INSERT_OR_UPDATE">\n<action>{action}</action>\n'
        f"<name>sys_properties_{'3' * 32}</name>\n<payload>{payload}</payload>\n<target_name>a.b</target_name>\n"
        "<type>System Property</type>\n</sys_update_xml>\n</unload>\n"
    ).encode()


def cdata(text: str) -> str:
    """Return a payload as an exporter writes one that holds no CDATA."""
    return f"<![CDATA[{text}]]>"


def plain(action: str = "INSERT_OR_UPDATE", more: str = "") -> str:
    """Return the payload of one property."""
    return RECORD.format(action=action, more=more, id="3" * 32)


def test_a_payload_in_cdata_is_read_with_its_line() -> None:
    """The record, its fields and the line of its update are known."""
    read = read_bytes(export(cdata(plain(more="<value>x &amp; y</value>"))), "a.xml")
    (update,) = read.updates
    assert (update.line, update.type, update.target_name) == (10, "System Property", "a.b")
    assert (update.record.table, update.record.sys_id) == ("sys_properties", "3" * 32)
    assert update.record.fields["value"] == "x & y"
    assert (read.headers[0].name, read.headers[0].line) == ("A set", 2)


def test_a_payload_in_entities_with_cdata_inside_is_read() -> None:
    """The other escaping of the exporter gives the same record."""
    inner = plain(more="<value><![CDATA[a <b> & c]]></value>")
    escaped = inner.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    (record,) = read_bytes(export(escaped), "a.xml").records
    assert record.fields["value"] == "a <b> & c"


def test_a_delete_keeps_its_action_and_its_record() -> None:
    """The record's own action counts: the outer attribute always says INSERT_OR_UPDATE."""
    (update,) = read_bytes(export(cdata(plain("DELETE")), action="DELETE"), "a.xml").updates
    assert (update.action, update.record.action) == ("DELETE", "DELETE")


def test_a_batch_has_several_headers() -> None:
    """Parent and child of a batch are both known."""
    second = HEADER.replace("A set", "B set").replace("1" * 32, "4" * 32)
    read = read_bytes(export(cdata(plain()), header=HEADER + second), "a.xml")
    assert [header.name for header in read.headers] == ["A set", "B set"]


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b"", "line 1, column 1", "XML element"),
        (export(cdata(plain()))[:-12], "line ", "not well-formed"),
        (export(cdata(cdata("x"))), "line 13, column ", "not well-formed"),
        (export(cdata("<record_update><a></record_update>")), "line 10", "the payload's line 1, column 35"),
        (export(""), "line 10", "payload is refused"),
        (export("a &amp; b"), "line 10", "payload is refused"),
        (export(cdata("<!--<a--><!DOCTYPE a><a/>")), "line 10", "document type"),
        (b"<!DOCTYPE unload><unload/>", "line 1", "document type"),
        (b"<unload><x/></unload>", "a.xml", "holds no retrieved update set"),
        (b"<html><body/></html>", "a.xml", "holds no retrieved update set"),
        (
            export(cdata("<a>" * 65 + "</a>" * 65)).replace(b"<![CDATA[", b"").replace(b"]]>", b""),
            "line ",
            "deeper",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(data: bytes, place: str, reason: str) -> None:
    """Truncated, nested, hostile and foreign files each say where and what."""
    with pytest.raises(UpdateSetError) as caught:
        read_bytes(data, "a.xml")
    assert place in caught.value.what
    assert reason in caught.value.what
    assert caught.value.next_step


def test_an_entity_bomb_is_never_expanded() -> None:
    """A document type behind a comment is refused before the parser sees an entity."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<!-- <unload> --><!DOCTYPE unload [<!ENTITY e0 "x">{levels}]><unload a="&e8;"/>'
    with pytest.raises(UpdateSetError, match="document type"):
        read_bytes(bomb.encode(), "bomb.xml")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """The path and the system's reason are said."""
    with pytest.raises(UpdateSetError, match=r"none\.xml cannot be read: No such file"):
        read_file(tmp_path / "none.xml")


def test_a_file_that_servicenow_would_not_take_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is the size alone."""
    path = tmp_path / "large.xml"
    path.write_bytes(export(cdata(plain())))
    monkeypatch.setattr("snowkit.updateset.read.FILE_LIMIT", 100)
    with pytest.raises(UpdateSetError, match="larger than"):
        read_file(path)


@pytest.mark.skipif(
    "SNOWKIT_CORPUS" not in os.environ, reason="SNOWKIT_CORPUS names no folder of real exports"
)
def test_every_well_formed_real_export_is_read_whole() -> None:
    """Each update of each real export has a record; what is refused is not well-formed for lxml either."""
    files = sorted(Path(os.environ["SNOWKIT_CORPUS"]).rglob("*.xml"))
    assert files
    for path in files:
        try:
            root = etree.parse(str(path), etree.XMLParser(huge_tree=True)).getroot()
        except etree.XMLSyntaxError:
            with pytest.raises(UpdateSetError, match="line"):
                read_file(path)
            continue
        if root.tag != "unload" or root.find("sys_remote_update_set") is None:
            continue
        read = read_file(path)
        assert len(read.updates) == len(root.findall("sys_update_xml")), path.name
        assert all(record.table and (record.sys_id or len(record.fields)) for record in read.records), (
            path.name
        )
