"""Reads every picture of a folder and prints one JSON line with what was found.

    python bench/vision_quick.py FOLDER [--limit N] [--threads N] [--show]

With a `labels.csv` (columns file, plate) beside the pictures: the share of labelled plates among the readings of
their picture, exact and folded (O=0, I=1, B=8, S=5, Z=2 on both sides). Without: how much was read, and at what cost.
"""

import argparse
import csv
import json
import statistics
import time
from pathlib import Path

from anpr.evaluate.score import fold
from pipeline.vision.decode import decode_image
from pipeline.vision.engines import DEFAULT_ENGINE, load_engine
from pipeline.vision.types import PlateReading

_SUFFIXES = {".jpg", ".jpeg", ".png"}


def main() -> None:
    """Parse, read, print."""
    args = _arguments()
    engine = load_engine(args.engine, threads=args.threads)
    files = _spread(sorted(p for p in args.folder.rglob("*") if p.suffix.lower() in _SUFFIXES), args.limit)
    readings, elapsed_ms, cpu_s = {}, [], time.process_time()
    for file in files:
        frame = decode_image(file.read_bytes())
        start = time.perf_counter()
        readings[file.name] = engine.read(frame)
        elapsed_ms.append((time.perf_counter() - start) * 1000)
    cpu_s = time.process_time() - cpu_s
    cost = {
        "engine": engine.name,
        "threads": args.threads,
        "frames": len(files),
        "readings": sum(map(len, readings.values())),
        "ms_per_frame": {"p50": round(statistics.median(elapsed_ms), 1), "max": round(max(elapsed_ms), 1)},
        "cpu_s_per_frame": round(cpu_s / len(files), 4),
    }
    print(json.dumps(cost | _accuracy(args.folder / "labels.csv", readings, args.show)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", default=DEFAULT_ENGINE)
    parser.add_argument("--limit", type=int, default=0, help="read only so many pictures, spread over the folder")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="list misses, or all readings where there are no labels")
    return parser.parse_args()


def _spread(files: list[Path], limit: int) -> list[Path]:
    if not files:
        raise SystemExit("No pictures there: the folder holds no .jpg, .jpeg or .png")
    return files[:: max(1, len(files) // limit)][:limit] if limit else files


def _accuracy(labels: Path, readings: dict[str, tuple[PlateReading, ...]], show: bool) -> dict[str, object]:
    texts = {file: [p.text for p in plates] for file, plates in readings.items()}
    if not labels.is_file():
        return {"read": {f: t for f, t in texts.items() if t}} if show else {}
    rows = [r for r in csv.DictReader(labels.read_text("utf-8").splitlines()) if r["file"] in texts]
    exact = [r["plate"] in texts[r["file"]] for r in rows]
    folded = [fold(r["plate"]) in map(fold, texts[r["file"]]) for r in rows]
    missed = {r["plate"]: texts[r["file"]] for r, hit in zip(rows, folded, strict=True) if not hit}
    shares = {"exact": round(sum(exact) / len(rows), 4), "folded": round(sum(folded) / len(rows), 4)}
    return {"labels": len(rows), "full": shares} | ({"missed": missed} if show else {})


if __name__ == "__main__":
    main()
