"""`anpr dead-letters show`: one letter, with its content. It may be about a person, so the look is recorded."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from anpr.cli.console import OUT, print_json
from anpr.cli.dead_letters.desk import Json, Why, group, open_letters
from anpr.cli.times import local_text
from console.dead_letters.box import Choice
from console.dead_letters.chain import Family, Link
from console.dead_letters.letter import Letter, LetterRefused
from console.dead_letters.words import words_of

SHOWN_TEXT, SHOWN_BYTES, ROW = 4_000, 256, 16
Name = Annotated[str, typer.Argument(metavar="ID", help="Its identifier, or the beginning of it.")]


@group.command("show")
def show(
    context: typer.Context,
    name: Name,
    why: Why,
    out: Annotated[Path | None, typer.Option(help="Write its value, as it came, into a new file.")] = None,
    json: Json = False,
) -> None:
    """Show where a message came from, why it was refused, what it holds, and what became of it.

    Only administrators may; the look is recorded in the audit with its reason, before anything is shown.
    """
    with open_letters(context) as letters:
        desk = letters.desk(why)
        (letter,) = letters.box.named([name])
        desk.require([letter.about.source_topic])
        letters.log.catch_up()
        family = Family.of(letters.box.letters(Choice()))
        chain = family.chain(letter.about.dead_letter_id, letters.log)
        desk.shown(letter, written=out is not None)
    if out is not None:
        _write(out, letter.message.value)
    if json:
        print_json(_content(letter, chain))
    else:
        _show(letter, chain, out)


def _write(path: Path, value: bytes) -> None:
    """For its owner alone, and over nothing."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(value)
    except FileExistsError as error:
        raise LetterRefused(f"{path} is there already: give another file") from error
    except OSError as error:
        raise LetterRefused(f"{path} cannot be written: {error.strerror}") from error


def _content(letter: Letter, chain: Sequence[Link]) -> dict[str, Any]:
    about, words = letter.about, words_of(letter.about.reason)
    return {
        **{name: getattr(about, name) for name in ("dead_letter_id", "failed_at", "stage", "reason", "detail")},
        "in_words": words.why,
        "mend": words.mend,
        "source": {
            "topic": about.source_topic,
            "partition": about.source_partition,
            "offset": about.source_offset,
            "log": about.source_log,
        },
        "key": None if letter.message.key is None else _bytes(letter.message.key),
        "headers": [{"name": header, **_bytes(value)} for header, value in letter.headers],
        "value": _bytes(letter.message.value),
        "chain": [_link(link) for link in chain],
    }


def _bytes(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "text": _text(data), "base64": base64.b64encode(data).decode()}


def _text(data: bytes) -> str | None:
    """None: it is no text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(char.isprintable() or char in "\n\r\t" for char in text) else None


def _link(link: Link) -> dict[str, Any]:
    about, standing = link.about, link.put_back
    told = {"dead_letter_id": about.dead_letter_id, "failed_at": about.failed_at, "stage": about.stage}
    place: dict[str, Any] | None = None
    if standing is not None:
        step = standing.holds
        place = {"state": step.state, "at": step.at, "topic": step.topic, "partition": step.partition}
        place["offset"], place["repaired"] = step.offset, step.repaired
    return {**told, "reason": about.reason, "put_back": place}


def _show(letter: Letter, chain: Sequence[Link], out: Path | None) -> None:
    for line in _lines(letter, chain, out):
        OUT.print(escape(line), highlight=False, soft_wrap=True)


def _lines(letter: Letter, chain: Sequence[Link], out: Path | None) -> Iterator[str]:
    about, words = letter.about, words_of(letter.about.reason)
    yield f"dead letter  {about.dead_letter_id}"
    yield f"refused      {local_text(about.failed_at)} by {about.stage}: {about.reason}, {words.why}"
    yield f"detail       {about.detail}"
    yield f"came from    {about.source_topic} {about.source_partition}/{about.source_offset}, log {about.source_log}"
    yield f"to mend it   {words.mend}"
    yield f"key          {'none' if letter.message.key is None else _one_line(letter.message.key)}"
    for header, value in letter.headers:
        yield f"header       {header}: {_one_line(value)}"
    yield f"value        {len(letter.message.value):,} bytes{f', written to {out}' if out else ''}"
    yield from () if out else _value_lines(letter.message.value)
    for link in chain if len(chain) > 1 or chain[0].put_back else ():
        yield f"story        {_story(link)}"


def _one_line(data: bytes) -> str:
    text = _text(data[:SHOWN_BYTES])
    return data[:SHOWN_BYTES].hex(" ") if text is None or "\n" in text else text


def _value_lines(data: bytes) -> Iterator[str]:
    text = _text(data)
    if text is not None:
        yield text[:SHOWN_TEXT]
        if len(text) > SHOWN_TEXT:
            yield f"… {len(text) - SHOWN_TEXT:,} characters more: --out FILE writes all"
        return
    for at in range(0, min(len(data), SHOWN_BYTES), ROW):
        row = data[at : at + ROW]
        seen = "".join(chr(one) if 32 <= one < 127 else "." for one in row)
        yield f"{at:08x}  {row.hex(' '):{ROW * 3}} {seen}"
    if len(data) > SHOWN_BYTES:
        yield f"… {len(data) - SHOWN_BYTES:,} bytes more: --out FILE writes all"


def _story(link: Link) -> str:
    about, standing = link.about, link.put_back
    said = f"{about.dead_letter_id} refused {local_text(about.failed_at)} by {about.stage}: {about.reason}"
    if standing is None:
        return said
    step = standing.holds
    if not standing.done:
        return f"{said}; {local_text(step.at)} somebody began to put it back"
    repaired = ", repaired" if step.repaired else ""
    return f"{said}; put back {local_text(step.at)} to {step.topic} {step.partition}/{step.offset}{repaired}"
