"""Labelled pictures from disk: Pascal VOC annotations, or a CSV `file,x,y,w,h,plate`."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

from anpr.evaluate.score import Box, Label
from anpr.pictures import PICTURES

__all__ = ["COLUMNS", "LabelledFrame", "LabelsFault", "load_labels", "spread"]

COLUMNS = ("file", "x", "y", "w", "h", "plate")
PLATE_CLASS = re.compile("plate|licen[cs]e", re.IGNORECASE)


class LabelsFault(ValueError):
    """The labels cannot be used; the message names the file, and the line where there is one."""


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """A picture and what is in it. picture: None if no file of that name was found."""

    name: str
    picture: Path | None
    labels: tuple[Label, ...]


def load_labels(path: Path) -> tuple[LabelledFrame, ...]:
    """The labelled frames at a path, in the order of their names. Raises LabelsFault.

    path: a CSV, a folder with a `labels.csv`, or a folder with Pascal VOC annotations and their pictures anywhere in
    it. Pictures without an annotation are passed over: nobody looked whether there is a plate in them.
    """
    if not path.exists():
        raise LabelsFault(f"{path} does not exist: name a folder of Pascal VOC annotations, or a CSV")
    listed = path if path.is_file() else path / "labels.csv"
    frames = tuple(_from_csv(listed) if listed.is_file() else _from_voc(path))
    if not frames:
        raise LabelsFault(f"{path} holds no labels: neither labels.csv nor Pascal VOC annotations (.xml)")
    return tuple(sorted(frames, key=lambda frame: _natural(frame.name)))


def spread(frames: Sequence[LabelledFrame], limit: int | None) -> tuple[LabelledFrame, ...]:
    """At most `limit` of the frames, at equal distances over the whole."""
    if limit is None or limit >= len(frames):
        return tuple(frames)
    return tuple(frames[i * len(frames) // limit] for i in range(limit))


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts second 9 of a ride before second 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]


# CSV


def _from_csv(path: Path) -> Iterator[LabelledFrame]:
    by_file: dict[str, list[Label]] = {}
    for number, row in _rows(path):
        labels = by_file.setdefault(row["file"], [])
        labels.extend(_csv_label(row, f"{path} line {number}"))
    for name, labels in by_file.items():
        picture = path.parent / name
        yield LabelledFrame(name, picture if picture.is_file() else None, tuple(labels))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line, row) of the file, no cell missing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise LabelsFault(f"{path} line 1: the header is not {','.join(COLUMNS)}")
            for row in reader:
                if row["file"] == "" or any(row[column] is None for column in COLUMNS):
                    raise LabelsFault(f"{path} line {reader.line_num}: fewer than {len(COLUMNS)} values, or no file")
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsFault(f"{path} cannot be read as CSV: {error}") from error


def _csv_label(row: Mapping[str, str], place: str) -> list[Label]:
    """One label, or none where the box is left empty: a picture that is known to show no plate."""
    if not any(row[column].strip() for column in COLUMNS[1:]):
        return []
    x, y, w, h = (_number(row[column], f"{place}: {column}") for column in ("x", "y", "w", "h"))
    return [Label(_box(x, y, w, h, place), _compact(row["plate"]) or None)]


# Pascal VOC


def _from_voc(folder: Path) -> Iterator[LabelledFrame]:
    annotations = [(file, _annotation(file)) for file in sorted(folder.rglob("*.xml"))]
    wanted = _plate_classes(annotations)
    pictures = _pictures(folder)
    for file, root in annotations:
        picture = _picture_of(file, root, pictures)
        labels = [_voc_label(found, file) for found in root.iter("object") if found.findtext("name", "") in wanted]
        yield LabelledFrame(picture.name if picture else file.name, picture, tuple(labels))


def _annotation(file: Path) -> Xml.Element:
    try:
        root = Xml.parse(file).getroot()
    except Xml.ParseError as error:
        raise LabelsFault(f"{file} line {error.position[0]}: no XML ({error})") from error
    except OSError as error:
        raise LabelsFault(f"{file} cannot be read: {error.strerror}") from error
    if root.tag != "annotation":
        raise LabelsFault(f"{file} line 1: no Pascal VOC annotation, but <{root.tag}>")
    return root


def _plate_classes(annotations: Sequence[tuple[Path, Xml.Element]]) -> set[str]:
    """The classes that are plates: those whose name says so, else the only class there is."""
    names = Counter(found.findtext("name", "") for _, root in annotations for found in root.iter("object"))
    plates = {name for name in names if PLATE_CLASS.search(name)}
    if not plates and len(names) > 1:
        raise LabelsFault(f"none of the classes {', '.join(sorted(names))} is named as a plate")
    return plates or set(names)


def _pictures(folder: Path) -> dict[str, list[Path]]:
    """File name and file name without its ending → the pictures of that name."""
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in PICTURES:
            found.setdefault(file.name, []).append(file)
            found.setdefault(file.stem, []).append(file)
    return found


def _picture_of(file: Path, root: Xml.Element, pictures: Mapping[str, Sequence[Path]]) -> Path | None:
    """The picture an annotation names, or that has its name; of several, the one in the nearest folder."""
    named = pictures.get(root.findtext("filename", "").strip()) or pictures.get(file.stem) or ()
    return max(named, key=lambda picture: _common(picture.parts, file.parts), default=None)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many folders from the root two paths share."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _voc_label(found: Xml.Element, file: Path) -> Label:
    corners = [found.findtext(f"bndbox/{corner}", "") for corner in ("xmin", "ymin", "xmax", "ymax")]
    x0, y0, x1, y1 = (_number(corner, f"{file}: a corner of a box") for corner in corners)
    return Label(_box(x0, y0, x1 - x0, y1 - y0, str(file)), None)


# Both


def _number(text: str, what: str) -> float:
    """The text is not repeated in the error: in a shifted row it is a plate."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise LabelsFault(f"{what} is not a number")
    return number


def _box(x: float, y: float, w: float, h: float, place: str) -> Box:
    if w <= 0 or h <= 0:
        raise LabelsFault(f"{place}: the box has no area")
    return Box(x, y, w, h)


def _compact(plate: str) -> str:
    return re.sub("[^A-Z0-9]", "", plate.upper())
