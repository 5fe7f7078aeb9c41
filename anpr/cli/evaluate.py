"""`anpr evaluate PATH`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, progress_bar
from anpr.evaluate.labels import load_labels, spread
from anpr.evaluate.run import Evaluation
from anpr.evaluate.run import evaluate as run_evaluation
from anpr.evaluate.sheet import Sheet
from anpr.settings import Settings, SettingsFault
from pipeline.vision.engines import load_engine
from pipeline.vision.protocols import Engine

SHARES = (
    ("plates found (IoU 0.5)", ("detection", "recall")),
    ("boxes that are plates", ("detection", "precision")),
    ("read in full frames, exact", ("full", "exact")),
    ("… O=0 I=1 B=8 S=5 Z=2", ("full", "folded")),
    ("read in given boxes, exact", ("boxes", "exact")),
    ("… O=0 I=1 B=8 S=5 Z=2", ("boxes", "folded")),
    ("character error rate", ("character_error_rate",)),
    ("reads that are no plate", ("not_plates",)),
)
PLAIN = (
    ("frames", ("frames",)),
    ("plates labelled", ("plates",)),
    ("plates read", ("reads",)),
    ("dropped as no plates", ("dropped", "readings")),
    ("… at a labelled plate", ("dropped", "on_labels")),
    ("failures that may be the label's", ("label_doubtful",)),
    ("ms per frame, p50", ("ms_per_frame", "p50")),
    ("ms per frame, p95", ("ms_per_frame", "p95")),
    ("CPU s per frame", ("cpu_s_per_frame",)),
)


@app.command()
def evaluate(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="Folder of Pascal VOC annotations, or a CSV file,x,y,w,h,plate.")],
    engine: Annotated[list[str] | None, typer.Option(help="Engine to measure; several: again, or with commas.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=64, help="Processor threads of an engine.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many frames, spread over all.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="HTML page of the failures; default: in the data folder.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Measure how well engines find and read plates in labelled pictures, and show what went wrong."""
    settings = settings_of(context)
    threads = threads or settings.vision_threads
    frames = spread(load_labels(path), limit)
    place = _sheet_place(sheet or settings.data_dir / "evaluate" / "failures.html")
    engines = _engines(engine, settings, threads)
    failures = Sheet()
    with progress_bar() as progress:
        done = run_evaluation(engines, frames, failures, threads=threads, progress=progress)
    failures.write(place, f"{path.name}: what {', '.join(one.name for one in engines)} did wrong")
    if json:
        print_json(_summary(done, threads, place))
    else:
        _show(done, place)


def _sheet_place(place: Path) -> Path:
    """The same path, made sure of before minutes of work: writing it later will do."""
    if place.suffix.lower() not in {".html", ".htm"}:
        raise SettingsFault(f"--sheet {place}: the sheet of failures is an HTML page, name it .html")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    except OSError as error:
        raise SettingsFault(f"--sheet {place} cannot be written: {error.strerror}") from error
    return place


def _engines(names: Sequence[str] | None, settings: Settings, threads: int) -> list[Engine]:
    asked = [name.strip() for given in names or [settings.vision_engine] for name in given.split(",")]
    wanted = list(dict.fromkeys(name for name in asked if name))
    return [
        load_engine(name, threads=threads, models=settings.vision_models) for name in wanted or [settings.vision_engine]
    ]


def _summary(done: Evaluation, threads: int, place: Path) -> dict[str, Any]:
    """The first engine's figures, and all engines' under `engines`."""
    about = {"threads": threads, "unreadable": done.unreadable, "sheet": str(place)}
    return {**done.results[0], **about, "engines": done.results}


def _show(done: Evaluation, place: Path) -> None:
    table = Table("", *(str(result["engine"]) for result in done.results))
    for name, keys in (*PLAIN[:3], *SHARES, *PLAIN[3:]):
        values = [_value(result, keys) for result in done.results]
        table.add_row(name, *(_text(value, share=(name, keys) in SHARES) for value in values))
    OUT.print(table)
    for frame in done.unreadable:
        OUT.print(f"[red]not usable[/red] {escape(frame['file'])}: {escape(frame['reason'])}")
    OUT.print(f"What went wrong, to look at: {escape(str(place))}", soft_wrap=True)


def _value(result: Mapping[str, Any], keys: Sequence[str]) -> float | None:
    value: Any = result
    for key in keys:
        value = None if value is None else value[key]
    return value if value is None else float(value)


def _text(value: float | None, *, share: bool) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if share else f"{value:g}"
