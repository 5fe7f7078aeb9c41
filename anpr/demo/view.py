"""What the demo shows in the terminal: counts, the last hits, and how to search."""

from __future__ import annotations

import io
import itertools
import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.hit import Hit

__all__ = ["DemoView"]

LOCAL = ZoneInfo("Europe/Brussels")
SHOWN_HITS = 8
PICTURE_COLUMNS = 124
_FONT_FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)


class DemoView:
    """Holds what is on the screen. Hits come in from another thread; a deque takes that."""

    def __init__(self, camera_names: Mapping[str, str]) -> None:
        self._names = camera_names
        self._hits: deque[tuple[Hit, float]] = deque(maxlen=SHOWN_HITS)
        self.notes: deque[str] = deque(maxlen=3)
        self.console: tuple[str, Mapping[str, str]] | None = None
        """Address of the console, and who may sign in there by which password."""

    def add_hit(self, hit: Hit, delay_ms: float) -> None:
        """A hit has come in, so many milliseconds after its read or frame."""
        self._hits.appendleft((hit, delay_ms))

    def render(self, counts: Mapping[str, int], left_s: float | None) -> Group:
        """The screen now. left_s: None where only Ctrl-C ends it."""
        title = "Brussels" if left_s is None else f"Brussels, {left_s:.0f} s to go"
        parts: list[Panel | Text] = [Panel(self._counts(counts), title=title)]
        parts.append(Panel(self._hit_table(), title="hits"))
        if self.console is not None:
            parts.append(Panel(self._sign_in(*self.console), title=f"console: [bold]{self.console[0]}[/bold]"))
        parts += [Text(note, style="yellow") for note in self.notes]
        parts.append(Text(self._hint(), style="dim"))
        return Group(*parts)

    def picture(self, counts: Mapping[str, int]) -> str:
        """The screen as an SVG that needs nothing from elsewhere."""
        console = Console(record=True, width=PICTURE_COLUMNS, file=io.StringIO())
        console.print(self.render(counts, 0))
        svg = console.export_svg(title="anpr demo")
        return _FONT_FACE.sub("", svg).replace("Fira Code", "DejaVu Sans Mono")

    @staticmethod
    def _counts(counts: Mapping[str, int]) -> Table:
        table = Table.grid(padding=(0, 3))
        for _ in counts:
            table.add_column(justify="right")
        table.add_row(*(f"[bold]{value:,}[/bold]" for value in counts.values()))
        table.add_row(*(f"[dim]{name}[/dim]" for name in counts))
        return table

    @staticmethod
    def _sign_in(_url: str, users: Mapping[str, str]) -> Table:
        """Two people a line."""
        table = Table.grid(padding=(0, 2))
        people = [(name, f"[bold]{password}[/bold]") for name, password in users.items()]
        for left, right in itertools.zip_longest(people[::2], people[1::2], fillvalue=("", "")):
            table.add_row(*left, *right)
        return table

    def _hit_table(self) -> Table | Text:
        if not self._hits:
            return Text("none yet: the first stolen car passes a camera within seconds", style="dim")
        table = Table("plate", "list", "what to do", "seen", "camera", "after", box=None)
        for hit, delay_ms in self._hits:
            table.add_row(
                f"[bold red]{hit.plate}[/bold red]",
                hit.list_kind.replace("_", " "),
                _instruction(hit),
                _clock(hit.captured_at),
                self._names.get(hit.camera_id, hit.camera_id),
                "uploaded late" if hit.late else f"{delay_ms:,.0f} ms",
            )
        return table

    def _hint(self) -> str:
        plate = self._hits[0][0].plate if self._hits else "1ABC"
        return (
            f'in another terminal: .venv/bin/anpr search {plate} --reason "stolen car, demo"   (Ctrl-C ends the demo)'
        )


def _instruction(hit: Hit) -> str:
    act = hit.instruction.replace("_", " ")
    if hit.alert_class == "confirm":
        act = f"compare the picture, then {act}"
    return f"{act} [red]dangerous[/red]" if hit.dangerous else act


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL):%H:%M:%S}"
