"""How an engine reads drawn pictures, by what makes them hard. Drawings: figures say where it begins to fail, no more.

    python bench/rendered.py [--frames N] [--seed N] [--engine NAME] [--json]

Each picture goes through JPEG as a camera's would. `found`: share of plates with a box at IoU 0.5; `exact`, `folded`:
share of plates read, to the letter or but for O/0, I/1, B/8, S/5, Z/2; `strange`: readings on no plate.
"""

import argparse
import json
import platform
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from anpr.evaluate.run import score_frame
from anpr.evaluate.score import Box, FrameScore, Label, figures, fold
from pipeline.vision.decode import decode_image
from pipeline.vision.engines import DEFAULT_ENGINE, load_engine
from replay.render import render_frame
from replay.render_set import CONDITIONS, PlannedPicture, draw_set


def main() -> None:
    """Draw, read, print."""
    args = _arguments()
    engine = load_engine(args.engine, threads=1)
    by_condition: dict[str, list[FrameScore]] = defaultdict(list)
    by_country: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    cpu_s = time.process_time()
    for planned in draw_set(args.frames, args.seed):
        image = decode_image(render_frame(planned.request, args.seed, planned.scenery))
        score = score_frame(engine, image, _labels(planned))
        by_condition[planned.condition].append(score)
        for shown in planned.plates:
            read = next((pair.read for pair in score.full if pair.label.text == shown.plate), None)
            text = read.text if read else ""
            by_country[shown.country].append((text == shown.plate, fold(text) == fold(shown.plate)))
    told = {
        "engine": engine.name,
        "frames": args.frames,
        "seed": args.seed,
        "machine": platform.processor() or platform.machine(),
        "cpu_s": round(time.process_time() - cpu_s, 1),
        "conditions": {name: _figures(by_condition[name]) for name in CONDITIONS if by_condition[name]},
        "countries": {country: _shares(rows) for country, rows in sorted(by_country.items())},
    }
    print(json.dumps(told)) if args.json else _show(told)


def _labels(planned: PlannedPicture) -> tuple[Label, ...]:
    return tuple(Label(Box(*shown.box), shown.plate) for shown in planned.plates)


def _figures(scores: Sequence[FrameScore]) -> dict[str, Any]:
    made: dict[str, Any] = figures(scores)
    full = made["full"] or {"exact": None, "folded": None}
    strange = sum(len(score.stray) for score in scores)
    plates = sum(len(score.labels) for score in scores)
    return {"plates": plates, "found": made["detection"]["recall"] if plates else None, **full, "strange": strange}


def _shares(rows: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    exact, folded = (round(sum(column) / len(rows), 4) for column in zip(*rows, strict=True))
    return {"plates": len(rows), "exact": exact, "folded": folded}


def _show(told: dict[str, Any]) -> None:
    about = "{frames} frames of seed {seed}, engine {engine}, {cpu_s} CPU s on {machine}"
    print(about.format(**told))
    print(f"{'':10}{'plates':>8}{'found':>8}{'exact':>8}{'folded':>8}{'strange':>9}")
    for name, row in (*told["conditions"].items(), *told["countries"].items()):
        cells = "".join(f"{_share(row.get(key)):>8}" for key in ("found", "exact", "folded"))
        print(f"{name:10}{row['plates']:>8}{cells}{row.get('strange', ''):>9}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=104)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engine", default=DEFAULT_ENGINE)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
