"""`anpr bench vision`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, end_in_order, group, hand_over, say_if_busy
from anpr.cli.console import OUT, progress_bar


@group.command("vision", cls=Recording)
def vision(
    pictures: Annotated[int, typer.Option(min=5, max=10_000, help="Drawn ones, or at most so many of a folder.")] = 65,
    engines: Annotated[str, typer.Option(help="Which to time, with commas between: anpr, rapidocr, easyocr.")] = (
        "anpr,rapidocr"
    ),
    threads: Annotated[int, typer.Option(min=1, max=256, help="Of the processor, for one picture.")] = 1,
    folder: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Photographs instead of drawn pictures.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same pictures.")] = 1,
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """Milliseconds a picture by engine. How well real plates are read is told by `anpr evaluate`."""
    from anpr.bench.vision import VisionBench, run_vision_bench  # noqa: PLC0415 - engines take a second to load

    end_in_order()
    chosen = tuple(name.strip() for name in engines.split(",") if name.strip())
    with progress_bar() as show:
        result = run_vision_bench(VisionBench(pictures, chosen, threads, folder, seed), show)
    hand_over("vision", result, record, json=json)
    if not json:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    say_if_busy(result)
    table = Table("engine", "p50, ms", "p95, ms", "processor, ms", "plates read of those drawn")
    for name, one in result["engines"].items():
        plates = one["plates"]
        read = f"{plates['read']} of {plates['shown']}" if plates["shown"] else ""
        table.add_row(name, str(one["ms"]["p50"]), str(one["ms"]["p95"]), str(one["cpu_ms"]), read)
    OUT.print(table)
    OUT.print(f"decoding a JPEG before that: p50 {result['decode_ms']['p50']} ms")
