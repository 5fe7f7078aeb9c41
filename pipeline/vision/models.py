"""Finds and opens the ONNX models that other packages ship. Never downloads."""

from importlib.util import find_spec
from pathlib import Path

import onnxruntime as ort

from pipeline.vision.denormals import without_denormals


class ModelMissing(RuntimeError):
    """A model file or its package is not installed; the message says what to install."""


def packaged_model(package: str, relative: str) -> Path:
    """Path of a file inside an installed package, found without importing that package.

    Raises ModelMissing if the package or the file is absent.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(f"The package {package} is not installed: pip install {package}")
    path = Path(spec.submodule_search_locations[0]) / relative
    if not path.is_file():
        raise ModelMissing(
            f"{package} is installed without its model {relative}: pip install --force-reinstall {package}"
        )
    return path


def open_session(model: Path, *, threads: int) -> ort.InferenceSession:
    """An ONNX session on the CPU that uses at most `threads` (≥ 1) threads per call.

    `run` of the session may be called from several threads at once.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle workers of the pool otherwise spin, which on few cores takes time from the other workers of the host.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    weights = without_denormals(model.read_bytes())
    return ort.InferenceSession(weights, sess_options=options, providers=["CPUExecutionProvider"])
