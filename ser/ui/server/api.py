"""The endpoints for programs: `/recognize`, `/recognize_many`, `/phrases`, `/clips` and `/split`, documented under "Use via API"."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from ser.corpus.crema_d import PUBLISHED_SEED, Corpus
from ser.errors import UserError
from ser.evaluation.clip_table import ALL, ClipTable
from ser.recognition.bulk import recognize_with_phrases
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Unscored
from ser.ui.many.turns import Turns, score_in_turn

MAX_FILES = 1000  # of a call
FILES_PER_TURN = 8
Part = Literal["train", "val", "test", "all"]
Emotion = Literal["ANG", "DIS", "FEA", "HAP", "NEU", "SAD", "all"]


def build(
    get_recognizer: Callable[[], Recognizer], *, predictions: Path, corpus: Corpus | None, turns: Turns
) -> None:
    """Add the endpoints. Those that score return a reason in `error` if they cannot answer; the others raise it in the client."""
    table = ClipTable(predictions, corpus)

    def recognize(file: str) -> dict:
        """Score a sound file for six acted emotions, as `python -m ser recognize --format json` does.

        The answer has scores (ANG to SAD, with a sum of 1), top, verdict (sure, leaning, unsure or no_voice),
        voice_s, windows (each with its own scores), intensity (0 to 100, or null) and warning. If there are no scores, error says why in a sentence.
        """
        answer = get_recognizer().recognize_or_error(file).to_dict()
        return answer | {"file": Path(file).name}  # do not reveal the server's folders

    def recognize_many(files: list[str]) -> Iterator[dict]:
        """Score up to 1000 sound files, and return the answer of /recognize for each, in order, as soon as it is there.

        The answers come one after another: with gradio_client, iterate over the job of `client.submit`. A file that
        cannot be scored has error, and the others are scored all the same. Several callers take turns.
        """
        if not 0 < len(files or ()) <= MAX_FILES:
            raise gr.Error(f"Send 1 to {MAX_FILES} files, not {len(files or ())}.", print_exception=False)
        recognizer = get_recognizer()
        for answer in _in_turns(files, recognizer, turns):
            yield answer.to_dict() | {"file": Path(str(answer.file)).name}

    def phrases(file: str) -> dict:
        """Cut a sound file at its pauses and score each phrase, as `python -m ser recognize --phrases --format json` does.

        The answer is that of /recognize with a list phrases. Each phrase of about 0.7 to 8 s has start_s, end_s, scores,
        top, verdict (sure, leaning, unsure or no_voice), voice_s, windows and intensity. A file of up to 3 s, or without speech, is one phrase.
        """
        answer = {"phrases": [], **recognize_with_phrases(get_recognizer(), file=file).to_dict()}
        return answer | {"file": Path(file).name}

    def clips(
        part: Part = "test", emotion: Emotion = ALL, actor: str = ALL, limit: int = 100, offset: int = 0
    ) -> list[dict[str, Any]]:
        """List clips of the data set with the scores of this network.

        Each has clip, actor, part, heard_in_training, sentence, text, emotion (acted), level, says (the emotion
        with the highest score), scores and intensity (0 to 100, or null); age, sex, votes and rating (of the crowd),
        crowd and twin are null if the app runs without the data set. An answer has at most 1000 clips: raise offset to get the next ones.
        """
        page = {"limit": _whole(limit, "limit"), "offset": _whole(offset, "offset")}
        return _or_error(table.clips, part, emotion=emotion, actor=actor, **page)

    def split(seed: int = PUBLISHED_SEED, folds: int = 0) -> dict[str, Any]:
        """Split the 91 actors into train, val and test, so that no actor is in two of them.

        Seed 42 gives the published split. With folds it is a cross-validation: each actor is in the test part of
        exactly one fold. The answer has seed, folds and splits. Each split has train, val and test with actors, clips
        and emotions, and shared_actors, which is 0.
        """
        return _or_error(table.split, _whole(seed, "seed"), _whole(folds, "folds"))

    # Components instead of gr.api(), because gr.File refuses paths of this machine that were not uploaded.
    file = gr.File(visible=False, label="Sound file")
    # Without a payload, gradio's example is a PDF on GitHub.
    payload = {"path": "voice.wav", "meta": {"_type": "gradio.FileData"}}
    file.example_payload = lambda: payload  # type: ignore[method-assign]  # a subclass would change the component's name
    files = gr.File(visible=False, label="Sound files", file_count="multiple")
    files.example_payload = lambda: [payload]  # type: ignore[method-assign]
    answer = gr.JSON(visible=False, label="Recognition")
    gr.Button(visible=False).click(recognize, file, answer, api_name="recognize")
    gr.Button(visible=False).click(recognize_many, files, answer, api_name="recognize_many")
    gr.Button(visible=False).click(phrases, file, answer, api_name="phrases")
    gr.api(clips, api_name="clips")
    gr.api(split, api_name="split")


def _in_turns(files: Sequence[str], recognizer: Recognizer, turns: Turns) -> Iterator[Recognition | Unscored]:
    """Yield an answer for each file, and let others have their turn between two parts."""
    answered = 0
    while answered < len(files):
        part = files[answered : answered + FILES_PER_TURN]
        answers = score_in_turn(part, recognizer=recognizer, turns=turns, patient=True)
        yield from answers
        answered += len(answers)


def _or_error(function: Callable[..., Any], *arguments: object, **options: object) -> Any:
    try:
        return function(*arguments, **options)
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _whole(value: object, name: str) -> int:
    # gradio documents the types of parameters but does not check them.
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise gr.Error(f"{name} must be a whole number of 0 or more, not {value!r}.", print_exception=False)
    return value
