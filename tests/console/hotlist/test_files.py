"""Files of lists: as spreadsheets and programs write them, with each broken line told by its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.hotlist.files import FileRefused, Line, ListFile

HEAD = "plate;kind;reason"


def lines(folder: Path, content: bytes | str, name: str = "list.csv") -> list[Line]:
    """What a file with this content says."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(ListFile(path).lines())


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_separator_and_line_end(separator: str, end: str, tmp_path: Path) -> None:
    rows = ["plate;kind;reason", "1-ABC-234;stolen_vehicle;Reported stolen"]
    text = end.join(row.replace(";", separator) for row in rows)
    (line,) = lines(tmp_path, text)
    assert line == (2, {"plate": "1-ABC-234", "list_kind": "stolen_vehicle", "reason": "Reported stolen"}, "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_of_an_office(encoding: str, tmp_path: Path) -> None:
    text = f"{HEAD}\n1ABC234;stolen_vehicle;Volé à Liège\n"
    (line,) = lines(tmp_path, text.encode(encoding))
    assert line.said["reason"] == "Volé à Liège"


def test_a_quotation_mark_that_is_not_closed_spoils_its_own_line_only(tmp_path: Path) -> None:
    broken, good = lines(tmp_path, f'{HEAD}\n"1ABC234;stolen_vehicle;x\n1ABC235;stolen_vehicle;"y; z"\n')
    assert (broken.number, broken.said) == (2, {})
    assert "quotation mark" in broken.fault
    assert (good.number, good.said["reason"], good.fault) == (3, "y; z", "")


def test_a_line_of_other_columns_is_told(tmp_path: Path) -> None:
    short, long, good = lines(tmp_path, f"{HEAD}\na;b\na;b;c;d\n1ABC234;stolen_vehicle;x\n")
    assert (short.fault, long.fault) == ("2 columns, the first line names 3", "4 columns, the first line names 3")
    assert good.fault == ""


def test_empty_lines_are_nothing(tmp_path: Path) -> None:
    assert [line.number for line in lines(tmp_path, f"\n{HEAD}\n\n;;\n1ABC234;stolen_vehicle;x\n\n")] == [5]
    assert lines(tmp_path, "") == []
    assert lines(tmp_path, HEAD) == []


@pytest.mark.parametrize(
    ("head", "word"),
    [("plate;colour", "colour"), ("1-ABC-234;stolen_vehicle", "1-ABC-234"), ("plate;number plate;kind", "plate")],
)
def test_a_first_line_that_names_no_known_columns_is_refused(head: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=word):
        lines(tmp_path, f"{head}\n1;2;3\n")


def test_json_lines(tmp_path: Path) -> None:
    good, broken, other, unknown = lines(
        tmp_path,
        '{"plate": "1ABC234", "zones": ["a"]}\n{"plate": \n7\n{"plate": "1ABC234", "colour": "red"}\n',
        "a.jsonl",
    )
    assert good == (1, {"plate": "1ABC234", "zones": ["a"]}, "")
    assert (broken.number, broken.fault) == (2, "no JSON object")
    assert other.fault == "no JSON object"
    assert "colour" in unknown.fault


def test_a_json_array(tmp_path: Path) -> None:
    told = [{"schema_version": 1, "plate": "1ABC234"}, [], {"plate": "1ABC235"}]
    found = lines(tmp_path, json.dumps(told, indent=1), "a.json")
    assert [(line.number, dict(line.said)) for line in found] == [(1, {"plate": "1ABC234"}), (2, {}), (3, told[2])]
    with pytest.raises(FileRefused, match="JSON array"):
        lines(tmp_path, '[{"plate": 1}', "a.json")


def test_what_is_no_text_is_refused_line_by_line_and_ends(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 40
    found = lines(tmp_path, f"{HEAD}\n".encode() + noise + b"\n1ABC234;stolen_vehicle;x\n")
    assert found[-1].said["plate"] == "1ABC234"
    assert all(line.fault for line in found[:-1])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        ListFile(tmp_path / "none.csv").digest()
