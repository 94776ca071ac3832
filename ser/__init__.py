"""Speech emotion recognition with CNN + BiLSTM networks trained on CREMA-D.

>>> import ser
>>> recognition = ser.Recognizer.load().recognize("ser/assets/examples/even.flac")
>>> list(recognition.scores)
['ANG', 'DIS', 'FEA', 'HAP', 'NEU', 'SAD']
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ser.audio.features import log_mel
    from ser.audio.reading import load_audio
    from ser.recognition.recognizer import Recognizer

__version__ = "0.1.0"
__all__ = ["Recognizer", "__version__", "load_audio", "log_mel"]

_HOMES = {
    "Recognizer": "ser.recognition.recognizer",
    "load_audio": "ser.audio.reading",
    "log_mel": "ser.audio.features",
}


def __getattr__(name: str) -> Any:
    # Import on first use: `python -m ser split --help` must not wait for SciPy and ONNX Runtime.
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'ser' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
