"""A run is continued on the clips that it was trained on, and on no others."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ser.corpus.crema_d import Corpus
from ser.corpus.votes import VOTE_COLUMNS
from ser.labels import LABELS
from ser.training.identity import data_identity, difference
from ser.training.recipes import TrainingOptions, recipe_with
from ser.training.run import Run, TrainError, train


def add_actor(root: Path, actor: int) -> None:
    (root / "AudioWAV").mkdir(exist_ok=True, parents=True)
    for i, emotion in enumerate(LABELS):
        tone = 0.3 * np.sin(np.arange(8000) * 0.05 * (1 + i) + actor)
        soundfile.write(root / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav", tone, 16_000)


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> tuple[Path, Path]:
    """A data set of ten actors, and a run of one epoch on it."""
    root = tmp_path_factory.mktemp("begun")
    for actor in range(1001, 1011):
        add_actor(root / "data", actor)
    train(options(root / "data", root / "run", epochs=1))
    return root / "data", root / "run"


def options(data: Path, out: Path, *, epochs: int = 1, resume: bool = False) -> TrainingOptions:
    recipe = replace(recipe_with("emotion", epochs=epochs, batch_size=16), one_cycle=False)
    return TrainingOptions(data=data, out=out, recipe=recipe, precision="float32", resume=resume)


@pytest.fixture
def copies(begun, tmp_path) -> tuple[Path, Path]:
    return tuple(Path(shutil.copytree(folder, tmp_path / folder.name)) for folder in begun)


def resumed(data: Path, run: Path) -> Run:
    run = Run(options(data, run, resume=True))
    run.load_data()
    return run


def grow(data: Path) -> None:
    for actor in range(1011, 1016):
        add_actor(data, actor)


def shrink(data: Path) -> None:
    for clip in data.glob("AudioWAV/1003_*"):
        clip.unlink()


def lose_a_clip(data: Path) -> None:
    split = Corpus(data).split()
    next(data.glob(f"AudioWAV/{split.train[0]}_*")).unlink()


def say_it_again(data: Path) -> None:
    clip = next(data.glob(f"AudioWAV/{Corpus(data).split().val[0]}_*"))
    soundfile.write(clip, np.sin(np.arange(8000) * 0.2) * 0.2, 16_000)  # as long as before


def change_an_emotion(data: Path) -> None:
    actor = Corpus(data).split().train[0]
    one, other = (data / "AudioWAV" / f"{actor}_IEO_{emotion}_XX.wav" for emotion in ("ANG", "SAD"))
    spare = one.rename(one.with_suffix(".spare"))
    other.rename(one)
    spare.rename(other)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (grow, "42 clips of 7 actors for training, now 60 clips of 10 actors"),
        (shrink, "42 clips of 7 actors for training, now 36 clips of 6 actors"),
        (lose_a_clip, "42 clips of 7 actors for training, now 41 clips of 7 actors"),
        (say_it_again, "other recordings or emotions for validation"),
        (change_an_emotion, "other recordings or emotions for training"),
    ],
)
def test_a_changed_folder_is_refused_with_a_sentence(copies, change, said):
    data, run = copies
    change(data)
    with pytest.raises(TrainError, match=said) as error:
        resumed(data, run)
    assert "use the same data set, or choose another --out." in str(error.value)


def test_the_same_clips_in_another_folder_are_the_same_data(copies, tmp_path):
    data, run = copies
    resumed(Path(shutil.move(data, tmp_path / "elsewhere")), run)
    card = train(options(tmp_path / "elsewhere", run, resume=True))
    assert card["training"]["best_epoch"] == 1


def test_a_clip_of_an_actor_for_test_does_not_concern_the_run(copies):
    data, run = copies
    next(data.glob(f"AudioWAV/{Corpus(data).split().test[0]}_*")).unlink()
    resumed(data, run)


def as_before(run: Path) -> None:
    """Take from a state what earlier versions did not write."""
    state = torch.load(run / "state.pt", weights_only=True)
    del state["identity"]["data"]
    torch.save(state, run / "state.pt")


def test_an_earlier_state_is_judged_by_what_the_run_cached(copies):
    data, run = copies
    resumed(data, run)  # which writes the waveforms again
    as_before(run)
    resumed(data, run)
    grow(data)
    with pytest.raises(TrainError, match="42 clips for training, now 60 clips or others"):
        resumed(data, run)


def test_an_earlier_state_of_the_published_network_is_judged_by_its_features(copies):
    data, run = copies
    as_before(run)
    (run / "prepared" / "mel_npy").mkdir(parents=True)
    for clip in Corpus(data).modelling.index:
        (run / "prepared" / "mel_npy" / f"{clip}.npy").touch()
    resumed(data, run)
    shutil.rmtree(run / "waveforms")
    shrink(data)
    with pytest.raises(TrainError, match="60 clips, now 54 clips or others"):
        resumed(data, run)


def test_an_earlier_state_without_caches_goes_on_with_a_note(copies, capsys):
    data, run = copies
    as_before(run)
    resumed(data, run)
    assert "did not write down its clips" in capsys.readouterr().err


def test_votes_count_where_the_run_learns_from_them(begun):
    corpus = Corpus(begun[0])
    clips = corpus.modelling.assign(**dict.fromkeys(VOTE_COLUMNS, 1))
    others = clips.assign(votes_SAD=2)
    for learns, said in ((True, "other votes for training"), (False, "")):
        before, now = (
            data_identity(corpus, parts={"train": table, "val": clips}, votes=learns)
            for table in (clips, others)
        )
        assert difference(before, now) == said
