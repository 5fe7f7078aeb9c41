"""The engine "rapidocr": the PP-OCR models of the package rapidocr, run by onnxruntime without its pipeline.

Going to the models directly gives what the package's own pipeline hides: the probabilities behind each character.
It also makes sure that nothing is ever downloaded.
"""

from pipeline.vision.detector import PpOcrDetector
from pipeline.vision.line_engine import LineEngine
from pipeline.vision.recogniser import PpOcrRecogniser

NAME = "rapidocr"


def load_rapidocr(*, threads: int = 1) -> LineEngine:
    """The engine, models loaded. threads: CPU threads per call, ≥ 1; safe to call from several threads.

    Raises ModelMissing if the package or its models are absent.
    """
    return LineEngine(NAME, PpOcrDetector(threads=threads), PpOcrRecogniser(threads=threads))
