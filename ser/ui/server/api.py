"""What programs call: `/recognize`, `/clips` and `/split`, documented under "Use via API"."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from ser.corpus.crema_d import PUBLISHED_SEED, Corpus
from ser.errors import UserError
from ser.evaluation.clip_table import ALL, ClipTable
from ser.recognition.recognizer import Recognizer

Part = Literal["train", "val", "test", "all"]
Emotion = Literal["ANG", "DIS", "FEA", "HAP", "NEU", "SAD", "all"]


def build(get_recognizer: Callable[[], Recognizer], *, predictions: Path, corpus: Corpus | None) -> None:
    """Add the endpoints. One without an answer says why: `error` of /recognize, the client's exception else."""
    table = ClipTable(predictions, corpus)

    def recognize(file: str) -> dict:
        """Score a sound file for six acted emotions: what `python -m ser recognize --format json` prints.

        The answer has scores (ANG to SAD, they add up to 1), top, verdict (sure, leaning, unsure or no_voice),
        voice_s, windows (each with its own scores) and warning; error says in one sentence why there are no scores.
        """
        answer = get_recognizer().recognize_or_error(file).to_dict()
        return answer | {"file": Path(file).name}  # the folder is the server's own business

    def clips(
        part: Part = "test", emotion: Emotion = ALL, actor: str = ALL, limit: int = 100, offset: int = 0
    ) -> list[dict[str, Any]]:
        """List clips of the data set with the scores of this network.

        Each has clip, actor, part, heard_in_training, sentence, text, emotion (acted), level, says (the best
        score's emotion) and scores; age, sex, votes of the crowd, crowd and twin are null where the app runs
        without the data set. At most 1000 in one answer: ask with a higher offset for the next.
        """
        page = {"limit": _whole(limit, "limit"), "offset": _whole(offset, "offset")}
        return _or_error(table.clips, part, emotion=emotion, actor=actor, **page)

    def split(seed: int = PUBLISHED_SEED, folds: int = 0) -> dict[str, Any]:
        """Split the 91 actors into train, val and test, none in two of them.

        Seed 42 gives the published membership. With folds, a cross-validation: each actor is in one fold's
        test part. The answer has seed, folds and splits; each split has train, val and test with actors,
        clips and emotions, and shared_actors, which is 0.
        """
        return _or_error(table.split, _whole(seed, "seed"), _whole(folds, "folds"))

    # Components and not gr.api(), because gr.File refuses paths of this machine that were not uploaded.
    file = gr.File(visible=False, label="Sound file")
    # Else it is a PDF on GitHub.
    payload = {"path": "voice.wav", "meta": {"_type": "gradio.FileData"}}
    file.example_payload = lambda: payload  # type: ignore[method-assign]  # gradio names components by their class
    answer = gr.JSON(visible=False, label="Recognition")
    gr.Button(visible=False).click(recognize, file, answer, api_name="recognize")
    gr.api(clips, api_name="clips")
    gr.api(split, api_name="split")


def _or_error(function: Callable[..., Any], *arguments: object, **options: object) -> Any:
    try:
        return function(*arguments, **options)
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _whole(value: object, name: str) -> int:
    # gradio shows the types of what it calls, and does not check them.
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise gr.Error(f"{name} is a whole number from 0 up, not {value!r}.", print_exception=False)
    return value
