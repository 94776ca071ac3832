"""The same tasks twice: the notebook's way and this project's way. `ser.benchmark.speed` measures them.

python -m ser.benchmark.tasks SIDE FOLDER              reads tasks from stdin, one JSON object per line
python -m ser.benchmark.tasks SIDE FOLDER TASK {...}   does one task, in a cold process

FOLDER holds clips/ (WAV files), the checkpoints published/ and emotion/ and, for CREMA-D, data/ and test.json (the
files of its test split). Imports are inside the methods, so that a cold process imports only what its side uses.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch

    from ser.recognition.recognizer import Recognizer

MAX_IN_A_LOOP = 1000  # most clips that the notebook prepares
# Methods of both sides. `count` is the number of clips to work on, or for `step` the number of steps, of `batch` clips
# each. They return the seconds per clip or step; those for cold processes, first_score to adapt, their result. The
# notebook has no `adapt`.
TASKS = ("features", "png", "prepare", "prepare_png", "step", "first_score", "score", "test_split", "adapt")


class Notebook:
    """The published notebook: librosa, matplotlib's pyplot, a loop over files, training in float32."""

    def __init__(self, folder: Path):
        os.environ["MPLBACKEND"] = "Agg"
        self.folder = folder
        self.clips = sorted((folder / "clips").glob("*.wav"))

    def load(self, clip: Path) -> np.ndarray:
        """Return a clip's first 3.0 s, zero-padded: (48000,) float32."""
        import librosa

        samples, _ = librosa.load(clip, sr=16_000)
        return librosa.util.fix_length(samples, size=48_000)

    def log_mel(self, samples: np.ndarray) -> np.ndarray:
        """Return the (1, 128, 188) float32 log-mel of (48000,) samples."""
        import librosa
        import numpy as np

        mel = librosa.feature.melspectrogram(y=samples, sr=16_000, n_fft=1024, hop_length=256, n_mels=128)
        db = librosa.power_to_db(mel, ref=np.max)
        return ((db - db.mean()) / (db.std() + 1e-6)).astype(np.float32)[None]

    def save_png(self, log_mel: np.ndarray, path: Path) -> None:
        """Write a 600 x 600 picture of a log-mel without axes."""
        import librosa.display
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(6, 6), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        librosa.display.specshow(log_mel[0], sr=16_000, hop_length=256, cmap="magma", ax=axes)
        figure.savefig(path)
        plt.close(figure)

    def features(self, count: int) -> float:
        """Compute log-mels of decoded clips, one after another."""
        return _seconds_each(self.log_mel, [self.load(clip) for clip in _some(self.clips, count)])

    def png(self, count: int) -> float:
        """Write pictures of log-mels, one after another."""
        mels = [self.log_mel(self.load(clip)) for clip in _some(self.clips, count)]
        with tempfile.TemporaryDirectory() as out:
            return _seconds_each(lambda mel: self.save_png(mel, Path(out) / "mel.png"), mels)

    def prepare(self, count: int, png: bool = False) -> float:
        """Convert files to .npy files in a loop.

        The time per clip does not depend on the number of clips, so at most `MAX_IN_A_LOOP` are converted.
        """
        import numpy as np

        with tempfile.TemporaryDirectory() as out:

            def convert(clip: Path) -> None:
                mel = self.log_mel(self.load(clip))
                np.save(Path(out) / f"{clip.stem}.npy", mel)
                if png:
                    self.save_png(mel, Path(out) / f"{clip.stem}.png")

            return _seconds_each(convert, list(_some(self.clips, min(count, MAX_IN_A_LOOP))))

    def prepare_png(self, count: int) -> float:
        """Convert files to .npy and .png files in a loop."""
        return self.prepare(count, png=True)

    def step(self, count: int, batch: int) -> float:
        """Take training steps with the published network."""
        import torch

        from ser.network.model import PublishedCNNBiLSTM

        device = "cuda" if torch.cuda.is_available() else "cpu"
        network = PublishedCNNBiLSTM().to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
        loss_of = torch.nn.CrossEntropyLoss()
        features, labels = _random_batch(batch)

        def step(_: int) -> float:
            optimizer.zero_grad()
            loss = loss_of(network(features.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            return loss.item()

        return _seconds_each(step, range(count))

    def first_score(self) -> str:
        """Import, load the network, score one clip; return its emotion."""
        return self.score(1)[0]

    def score(self, count: int) -> list[str]:
        """Import, load the network, score clips in batches of 32; return their emotions."""
        return self.answers(list(_some(self.clips, count)))

    def test_split(self) -> str:
        """Score the test split of the corpus; return the report and the confusion matrix."""
        from sklearn.metrics import classification_report, confusion_matrix

        clips = [Path(clip) for clip in json.loads((self.folder / "test.json").read_text(encoding="utf-8"))]
        answers, acted = self.answers(clips), [clip.stem.split("_")[2] for clip in clips]
        return f"{classification_report(acted, answers)}\n{confusion_matrix(acted, answers)}"

    def answers(self, files: list[Path]) -> list[str]:
        """Import, load the network, score files in batches of 32; return their emotions."""
        import librosa  # noqa: F401
        import matplotlib.pyplot  # noqa: F401  as the notebook's first cell does
        import numpy as np
        import torch

        from ser.labels import LABELS
        from ser.network.model import PublishedCNNBiLSTM

        network = PublishedCNNBiLSTM()
        network.load_state_dict(torch.load(self.folder / "published" / "weights.pt", weights_only=True))
        network.eval()
        top: list[int] = []
        for first in range(0, len(files), 32):
            mels = np.stack([self.log_mel(self.load(file)) for file in files[first : first + 32]])
            with torch.no_grad():
                top += network(torch.from_numpy(mels)).softmax(1).argmax(1).tolist()
        return [LABELS[emotion] for emotion in top]


class Project:
    """This project, called the way its commands call it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.clips = sorted((folder / "clips").glob("*.wav"))

    def features(self, count: int) -> float:
        """Compute log-mels of decoded clips, one after another."""
        from ser.audio.features import log_mel
        from ser.audio.reading import load_audio

        return _seconds_each(log_mel, [load_audio(clip) for clip in _some(self.clips, count)])

    def png(self, count: int) -> float:
        """Write pictures of log-mels, one after another."""
        from ser.audio.features import log_mel
        from ser.audio.png import save_png
        from ser.audio.reading import load_audio

        mels = [log_mel(load_audio(clip)) for clip in _some(self.clips, count)]
        with tempfile.TemporaryDirectory() as out:
            return _seconds_each(lambda mel: save_png(mel, path=Path(out) / "mel.png"), mels)

    def prepare(self, count: int, png: bool = False) -> float:
        """Convert files to .npy files on all cores; the time includes the start of the processes."""
        from ser.corpus.prepare import prepare

        with tempfile.TemporaryDirectory() as out:
            start = time.perf_counter()
            result = prepare(self.folder / "clips", out=out, png=png, limit=count)
            return (time.perf_counter() - start) / result.prepared

    def prepare_png(self, count: int) -> float:
        """Convert files to .npy and .png files on all cores."""
        return self.prepare(count, png=True)

    def step(self, count: int, batch: int) -> float:
        """Take training steps with the published network, in the precision that `train` would choose."""
        import torch

        from ser.training.batches import Batch
        from ser.training.recipes import RECIPES
        from ser.training.trainer import Trainer, faster_precision

        recipe = RECIPES["published"]
        if not hasattr(self, "precision"):
            self.precision = faster_precision(recipe)
        trainer = Trainer(recipe, steps_per_epoch=count, precision=self.precision)
        features, labels = _random_batch(batch)
        examples = Batch(features, torch.full((batch,), features.shape[-1]), labels)
        generator = torch.Generator().manual_seed(0)
        return _seconds_each(
            lambda _: trainer.step(examples, n_clips=batch, generator=generator), range(count)
        )

    def first_score(self) -> str:
        """Import, load the network, score one clip; return its emotion."""
        from ser.recognition.recognizer import Recognizer

        return Recognizer.load(self.folder / "emotion").recognize(self.clips[0]).top

    def score(self, count: int) -> list[str]:
        """Import, load the network, score clips on all cores, as `recognize` does; return their emotions."""
        from ser.recognition.bulk import over_files
        from ser.recognition.recognizer import Recognizer

        recognizer = Recognizer.load(self.folder / "emotion")
        return list(over_files(recognizer, work=_emotion, files=list(_some(self.clips, count))))

    def test_split(self) -> str:
        """Do what `python -m ser evaluate --split test` does."""
        from ser.evaluation.evaluate import evaluate, format_evaluation

        return format_evaluation(
            evaluate(self.folder / "data", checkpoint=self.folder / "emotion", split="test")
        )

    def adapt(self, count: int) -> int:
        """Do what `python -m ser adapt` does with labelled clips of ten speakers; return how many have labels."""
        from ser.adaptation.clips import Clip
        from ser.adaptation.learn import learn
        from ser.labels import LABELS
        from ser.recognition.recognizer import Recognizer

        recognizer = Recognizer.load(self.folder / "emotion")
        # The examples have no emotions, and learning what is not there takes no less time.
        clips = [
            Clip(file, LABELS[i % len(LABELS)], f"{i // len(LABELS) % 10}")
            for i, file in enumerate(_some(self.clips, count))
        ]
        return learn(recognizer, clips=clips).adaptation.made_from["labels"]


SIDES = {"notebook": Notebook, "project": Project}


def _emotion(recognizer: Recognizer, file: Path) -> str:
    return recognizer.recognize(file).top


def _some(clips: list[Path], count: int) -> Iterator[Path]:
    return islice(cycle(clips), count)


def _seconds_each(function: Callable[[Any], object], items: Sequence) -> float:
    start = time.perf_counter()
    for item in items:
        function(item)
    return (time.perf_counter() - start) / len(items)


def _random_batch(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, 1, 128, 188, generator=generator), torch.arange(batch) % 6


def main() -> None:
    """Do the task of the command line; without one, do the tasks read from stdin and print their seconds."""
    side = SIDES[sys.argv[1]](Path(sys.argv[2]))
    if sys.argv[3:]:
        task, json_arguments = sys.argv[3:]
        print(getattr(side, task)(**json.loads(json_arguments)))
        return
    for line in sys.stdin:
        arguments = json.loads(line)
        task = arguments.pop("task")
        print(json.dumps(getattr(side, task)(**arguments)), flush=True)


if __name__ == "__main__":
    main()
