"""Trains the plate detector and says how well it finds plates that it has not seen.

    python training/detector.py --data shared/data/ro-train --folds 5 --out pipeline/vision/weights/plates.onnx

Each fold is a contiguous fifth of every ride; frames within GAP_S seconds of it are left out of its training, as they
show the same vehicles. Prints a JSON line for each fold, one for all, then trains on everything and writes the ONNX.
Needs what `training/README.md` lists.
"""

import argparse
import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from pipeline.vision.plate_detector import PlateDetector, PlateDetectorSettings
from training.network import Deployed, PlateNet, loss
from training.scenes import Array, Sampler, Scene, View, annotated, rendered, ride_second

GAP_S = 5
RENDERED = 60
BATCH = 16


def main() -> None:
    """Parse, train the folds, print, train the final network."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    scenes = annotated(args.data)
    args.work.mkdir(parents=True, exist_ok=True)
    results = [_fold(scenes, n, args) for n in _wanted(args)]
    if results:
        print(json.dumps({"fold": "all", **_summed(results)}), flush=True)
    if args.out is not None:
        export(train(scenes, args.steps, seed=99), args.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and annots/")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", type=int, nargs="*", help="these folds alone, counted from 0")
    parser.add_argument("--steps", type=int, default=1600, help="batches of 16 crops")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "detector", help="where the folds' networks go"
    )
    parser.add_argument("--out", type=Path, help="where the network trained on everything goes")
    return parser.parse_args()


def _wanted(args: argparse.Namespace) -> Sequence[int]:
    return range(args.folds) if args.only is None else args.only


def split(scenes: Sequence[Scene], fold: int, folds: int) -> tuple[list[Scene], list[Scene]]:
    """(to train on, to measure on): of each ride one contiguous part is measured, its surroundings unused."""
    train_on, measure_on = [], []
    for _, group in groupby(scenes, key=lambda s: ride_second(s.name)[0]):
        ride = list(group)
        low, high = len(ride) * fold // folds, len(ride) * (fold + 1) // folds
        held = ride[low:high]
        times = [ride_second(s.name)[1] for s in held]
        measure_on += held
        train_on += [s for s in ride[:low] + ride[high:] if _apart(ride_second(s.name)[1], times)]
    return train_on, measure_on


def _apart(second: int, times: Sequence[int]) -> bool:
    return not times or not min(times) - GAP_S <= second <= max(times) + GAP_S


def _fold(scenes: Sequence[Scene], fold: int, args: argparse.Namespace) -> dict[str, float]:
    train_on, measure_on = split(scenes, fold, args.folds)
    began = time.monotonic()
    network = args.work / f"fold{fold}.onnx"
    export(train(train_on, args.steps, seed=fold), network)
    figures = measure(PlateDetector(model=network), measure_on)
    minutes = round((time.monotonic() - began) / 60, 1)
    line = {"fold": fold, "trained": len(train_on), "minutes": minutes, **_summed([figures]), **figures}
    print(json.dumps(line), flush=True)
    return figures


def train(scenes: Sequence[Scene], steps: int, *, seed: int) -> PlateNet:
    """A network trained on crops of these scenes and of rendered ones; the running mean of its weights."""
    torch.manual_seed(seed)
    sampler = Sampler(scenes, rendered(RENDERED, random.Random(seed)), seed)
    net = PlateNet().to(memory_format=torch.channels_last)
    mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.15)
    for step in range(steps):
        if step in (int(steps * 0.3), int(steps * 0.6)):
            sampler.mistakes = mistakes(mean.module, scenes, random.Random(seed))
        value = _step(net, sampler, optimiser)
        schedule.step()
        mean.update_parameters(net)
        if step % 100 == 0:
            print(json.dumps({"step": step, "loss": round(value, 3)}), file=sys.stderr, flush=True)
    return mean.module.eval()


def mistakes(net: PlateNet, scenes: Sequence[Scene], rng: random.Random) -> list[View]:
    """Where the network, as it is by now, sees plates that are none.

    Not where it is all but certain: there the annotator overlooked a plate more often than not.
    """
    with tempfile.TemporaryDirectory() as folder:
        export(copy.deepcopy(net), Path(folder) / "now.onnx")
        found = []
        for scene in scenes:
            settings = PlateDetectorSettings(scale=rng.choice((0.5, 0.75, 1.0)), max_side_px=1280, score=0.2)
            boxes = _detected(PlateDetector(model=Path(folder) / "now.onnx", settings=settings), scene)
            for x0, y0, x1, y1, score in boxes[_apart_from(scene.boxes, boxes)].tolist():
                if score < 0.75:
                    found.append(View(scene, ((x0 + x1) / 2, (y0 + y1) / 2), settings.scale))
    print(json.dumps({"mistakes": len(found)}), file=sys.stderr, flush=True)
    return found


def _step(net: PlateNet, sampler: Sampler, optimiser: torch.optim.Optimizer) -> float:
    pictures, truth, weight = (torch.from_numpy(a) for a in sampler.batch(BATCH))
    with torch.autocast("cpu", torch.bfloat16):
        logits, distances = net(pictures.to(memory_format=torch.channels_last))
    value = loss(logits.float(), distances.float(), truth, weight)
    optimiser.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    optimiser.step()
    return float(value.detach())


def export(net: PlateNet, path: Path) -> None:
    """Writes the network as ONNX, for pictures of any height and width that are multiples of 32."""
    deployed = Deployed(net.float().to(memory_format=torch.contiguous_format)).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        deployed,
        (torch.rand(1, 1, 192, 256),),
        str(path),
        opset_version=17,
        input_names=["grey"],
        output_names=["cells"],
        dynamic_axes={"grey": {2: "height", 3: "width"}, "cells": {2: "rows", 3: "columns"}},
        dynamo=False,
    )


def measure(detector: PlateDetector, scenes: Sequence[Scene]) -> dict[str, float]:
    """Counts of plates, of detections, and of plates found at IoU 0.5 (each detection serves one plate)."""
    plates = found = detections = 0
    for scene in scenes:
        boxes = _detected(detector, scene)
        plates, detections = plates + len(scene.boxes), detections + len(boxes)
        found += matched(scene.boxes, boxes)
    return {"plates": plates, "detections": detections, "found": found}


def _detected(detector: PlateDetector, scene: Scene) -> Array:
    """Boxes with scores (n, 5)."""
    quads = detector.detect(np.asarray(cv2.cvtColor(scene.grey, cv2.COLOR_GRAY2BGR), np.uint8))
    return np.array([[*q.corners[0], *q.corners[2], q.score] for q in quads], np.float32).reshape(-1, 5)


def _apart_from(truth: Array, boxes: Array) -> npt.NDArray[np.bool_]:
    """Which of `boxes` (n, 5) touch none of `truth` (k, 4)."""
    return np.asarray(overlaps(truth, boxes).max(axis=0, initial=0.0) < 0.05)


def overlaps(truth: Array, boxes: Array) -> Array:
    """IoU of each with each, (k, n)."""
    low, high = np.maximum(truth[:, None, :2], boxes[:, :2]), np.minimum(truth[:, None, 2:], boxes[:, 2:4])
    common = np.clip(high - low, 0, None).prod(2)
    areas = [(b[:, 2:4] - b[:, :2]).prod(1) for b in (truth, boxes)]
    return np.asarray(common / (areas[0][:, None] + areas[1] - common), np.float32)


def matched(truth: Array, boxes: Array) -> int:
    """How many of `truth` have a box of their own with IoU ≥ 0.5, best pairs first."""
    iou, count = overlaps(truth, boxes), 0
    while iou.size and iou.max() >= 0.5:
        t, b = np.unravel_index(iou.argmax(), iou.shape)
        iou[t, :], iou[:, b], count = 0, 0, count + 1
    return count


def _summed(results: Sequence[dict[str, float]]) -> dict[str, float]:
    plates, detections, found = (sum(r[k] for r in results) for k in ("plates", "detections", "found"))
    return {"recall": round(found / max(1, plates), 4), "precision": round(found / max(1, detections), 4)}


if __name__ == "__main__":
    main()
