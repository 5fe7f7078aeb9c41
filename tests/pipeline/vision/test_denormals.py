"""Denormal weights go, everything else of a model stays."""

import numpy as np
import onnxruntime as ort
import pytest

from pipeline.vision.denormals import without_denormals
from pipeline.vision.models import packaged_model

FLOAT, INT64 = 1, 7
DENORMAL, LEAST = 1e-40, float(np.finfo(np.float32).tiny)


def number(value: int) -> bytes:
    """As protobuf writes it."""
    low = value & 0x7F
    return bytes([low]) if value < 0x80 else bytes([low | 0x80]) + number(value >> 7)


def field(n: int, content: bytes) -> bytes:
    return number(n << 3 | 2) + number(len(content)) + content


def tensor(kind: int, raw: bytes) -> bytes:
    """A TensorProto: dims, data_type, name, raw_data."""
    return b"\x08\x03" + b"\x10" + number(kind) + field(8, b"w") + field(9, raw)


def model(*tensors: bytes) -> bytes:
    """A ModelProto with a version, a graph of these initializers, and a fixed-size field of each width behind it."""
    graph = field(2, b"main") + b"".join(field(5, one) for one in tensors)
    return b"\x08\x08" + field(7, graph) + number(99 << 3 | 5) + b"1234" + number(98 << 3 | 1) + b"12345678"


def raw(*values: float) -> bytes:
    return np.array(values, np.float32).tobytes()


def test_denormal_floats_become_zero_and_the_least_normal_one_stays() -> None:
    before = model(tensor(FLOAT, raw(DENORMAL, LEAST, -DENORMAL, 1.5, 0.0)))
    assert without_denormals(before) == model(tensor(FLOAT, raw(0.0, LEAST, 0.0, 1.5, 0.0)))


def test_whole_numbers_are_left_alone() -> None:
    steps = model(tensor(INT64, np.array([1, 2, 3], np.int64).tobytes()), tensor(FLOAT, raw(1.0)))
    assert without_denormals(steps) == steps


def test_what_is_broken_is_refused() -> None:
    whole = model(tensor(FLOAT, raw(1.0)))
    for broken in (whole[:9], b"\x0f", b"\x80"):
        with pytest.raises(ValueError, match=r"beyond|wire type"):
            without_denormals(broken)


def test_the_line_detector_says_the_same() -> None:
    data = packaged_model("rapidocr", "models/PP-OCRv6_det_small.onnx").read_bytes()
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 3, 64, 224)).astype(np.float32)
    less = without_denormals(data)
    assert less != data
    before, after = (ort.InferenceSession(one).run(None, {"x": picture})[0] for one in (data, less))
    assert np.allclose(before, after, atol=1e-5)
