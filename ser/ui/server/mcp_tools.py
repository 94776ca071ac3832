"""The tools that the app offers to assistants: score a recording, say what carried the score, look into the data set.

A recording comes as base64, or as the path that `/gradio_api/upload` gave to it; no other path is read.
"""

import base64
import binascii
import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ser.audio.reading import read_audio
from ser.corpus.crema_d import PARTS, Corpus
from ser.errors import UserError
from ser.evaluation.clip_table import ALL, ClipTable
from ser.labels import LABELS
from ser.recognition.bulk import recognize_with_phrases
from ser.recognition.recognizer import Recognizer
from ser.ui.takes.take import clean_name
from ser.ui.viewer.listening import words

STEP = 16  # frames of a moment, 0.26 s: what is hidden at once, see `ser.recognition.explain`
NO_SOUND = "Send the recording: its bytes as base64 in sound, or in upload the path that POST /gradio_api/upload answered."
NO_UPLOAD = "There is no upload at that path: send the recording again."
NOT_BASE64 = "The sound is not base64: encode the bytes of the file."

_SOUND = {
    "sound": {"type": "string", "description": "the bytes of a sound file of any kind, as base64"},
    "upload": {
        "type": "string",
        "description": "in place of sound: the path that POST /gradio_api/upload answered",
    },
    "name": {"type": "string", "description": "name of the file, with its ending"},
}
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


@dataclasses.dataclass(frozen=True)
class Tool:
    """A tool.

    Attributes
    ----------
    description : for the assistant that may call it
    properties : JSON schema of each argument, all of which may be left out
    call : receives the arguments, of the right types, and returns plain JSON values; raises `UserError`
    """

    description: str
    properties: dict[str, dict[str, Any]]
    call: Callable[[Mapping[str, Any]], dict[str, Any]]

    def checked(self, arguments: object) -> Mapping[str, Any]:
        """Return the arguments of a call; raise `UserError` for those that the schema does not allow."""
        if not isinstance(arguments, dict):
            raise UserError("The arguments are not an object: send one.")
        for name, value in arguments.items():
            schema = self.properties.get(name)
            if schema is None:
                raise UserError(f"There is no argument {name!r}: choose from {', '.join(self.properties)}.")
            is_of_type = isinstance(value, _JSON_TYPES[schema["type"]])
            if not is_of_type or (isinstance(value, bool) and schema["type"] != "boolean"):
                raise UserError(f"The argument {name} must be of the type {schema['type']}.")
            if value not in schema.get("enum", [value]):
                raise UserError(f"There is no {name} {value!r}: choose from {', '.join(schema['enum'])}.")
            if value < schema.get("minimum", value):
                raise UserError(f"The argument {name} must be {schema['minimum']} or more.")
        return arguments


def make_tools(
    get_recognizer: Callable[[], Recognizer], *, uploads: Path, predictions: Path, corpus: Corpus | None
) -> dict[str, Tool]:
    """Return the tools by name.

    Parameters
    ----------
    get_recognizer : returns the recognizer, waiting for it if necessary
    uploads : the only folder that files are read from
    predictions : the checkpoint's predictions.csv
    corpus : the data set, if available
    """
    table = ClipTable(predictions, corpus)

    def recognize(arguments: Mapping[str, Any]) -> dict[str, Any]:
        with _sound_file(arguments, uploads) as file:
            if arguments.get("phrases"):
                answer = {"phrases": [], **recognize_with_phrases(get_recognizer(), file=file).to_dict()}
            else:
                answer = get_recognizer().recognize_or_error(file).to_dict()
        return answer | {"file": file.name}

    def explain(arguments: Mapping[str, Any]) -> dict[str, Any]:
        with _sound_file(arguments, uploads) as file:
            return _explanation(get_recognizer(), file, arguments.get("emotion"))

    def clips(arguments: Mapping[str, Any]) -> dict[str, Any]:
        options = {"part": "test", "emotion": ALL, "actor": ALL, "limit": 20, "offset": 0, **arguments}
        return {"clips": table.clips(options.pop("part"), **options)}

    return {
        "recognize": Tool(
            "Score a recording of a voice for six acted emotions (ANG, DIS, FEA, HAP, NEU, SAD). Returns scores with a sum of 1, top, "
            "verdict (sure, leaning, unsure, no_voice), intensity and warning; with phrases, the same for each phrase. The scores "
            "say how a voice sounds, not what somebody feels.",
            {**_SOUND, "phrases": {"type": "boolean", "description": "whether to score each phrase, too"}},
            recognize,
        ),
        "explain": Tool(
            "Say which moments of a recording carried the score of an emotion, by hiding parts of it. Returns a sentence, and for "
            "each quarter of a second of the window with the highest score a weight from 0 to 1.",
            {
                **_SOUND,
                "emotion": {
                    "type": "string",
                    "enum": list(LABELS),
                    "description": "by default that with the highest score",
                },
            },
            explain,
        ),
        "clips": Tool(
            "List clips of CREMA-D with the scores of this network, the acted emotion and, where the app has the data set, what "
            "listeners said. An answer has at most 1000 clips.",
            {
                "part": {"type": "string", "enum": [*PARTS, ALL], "description": "by default test"},
                "emotion": {
                    "type": "string",
                    "enum": [*LABELS, ALL],
                    "description": "as it was acted; by default all",
                },
                "actor": {"type": "string", "description": "1001 to 1091, or all, the default"},
                "limit": {"type": "integer", "minimum": 0, "description": "by default 20"},
                "offset": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "clips to skip; raise it for the next ones",
                },
            },
            clips,
        ),
    }


@contextmanager
def _sound_file(arguments: Mapping[str, Any], uploads: Path) -> Iterator[Path]:
    """Yield the path of the recording of a call, which is deleted again if it came with the call."""
    if "upload" in arguments:
        try:
            file = Path(arguments["upload"]).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):  # deleted, a loop of links, a null character
            raise UserError(NO_UPLOAD) from None
        if not (file.is_relative_to(uploads.resolve()) and file.is_file()):
            raise UserError(NO_UPLOAD)
        yield file
        return
    if "sound" not in arguments:
        raise UserError(NO_SOUND)
    try:
        content = base64.b64decode(arguments["sound"], validate=True)
    except (binascii.Error, ValueError):
        raise UserError(NOT_BASE64) from None
    name = clean_name(Path(arguments.get("name", "sound").replace("\\", "/")).name).lstrip(".") or "sound"
    with tempfile.TemporaryDirectory(dir=uploads) as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        yield file


def _explanation(recognizer: Recognizer, file: Path, emotion: str | None) -> dict[str, Any]:
    from ser.recognition import explain  # imported here to keep the start fast

    recording = read_audio(file)
    result = recognizer.recognize(recording)
    if result.verdict == "no_voice":
        raise UserError("No voice was found in this recording: there is no score to explain.")
    emotion = emotion or result.top
    window = max(result.windows, key=lambda window: window.scores[emotion])
    reason = explain.why(recognizer, samples=recording.samples, start=window.start, emotion=emotion)
    duration_s = window.end_s - window.start_s
    frame_s = 3.0 / (len(reason.curve) - 1)
    moments = [
        {
            "start_s": round(window.start_s + first * frame_s, 2),
            "end_s": round(min(window.start_s + (first + STEP) * frame_s, window.end_s), 2),
            "weight": round(float(reason.curve[first : first + STEP].mean()), 3),
        }
        for first in range(0, len(reason.curve), STEP)
        if first * frame_s < duration_s
    ]
    return {
        "file": file.name,
        "emotion": emotion,
        "score": window.scores[emotion],
        "start_s": window.start_s,
        "end_s": window.end_s,
        "sentence": words(reason.curve, emotion=emotion, start_s=window.start_s, duration_s=duration_s),
        "moments": moments,
    }
