"""What is trained and how: the numbers of the recipes, and the options of a training run."""

import os
from dataclasses import dataclass, replace
from typing import Any, Literal

from ser.audio.features import TOP_DB

# What is softer than this below the loudest moment says more about the room than about the voice. With 80 dB, the deep
# pauses of studio recordings made calm voices sound angry to the released networks (checkpoints/README.md).
RAISED_TOP_DB = 50.0


@dataclass(frozen=True)
class Recipe:
    """The numbers of a recipe. A zero switches off what the field describes."""

    # Size of the run
    network: str  # a key of `ser.network.model.NETWORKS`
    epochs: int
    batch_size: int  # clips in a step, over all processes

    # Optimiser; learning rates are peaks
    learning_rate: float  # of AdamW
    muon_rate: float = 0.0  # of Muon, which `voices` uses for convolutions and linear layers
    weight_decay: float = 0.0
    one_cycle: bool = (
        False  # a rate that rises once and falls once; the rate of `voices` follows a cosine anyway
    )
    ema: float = 0.0  # decay of the averaged weights, which are then validated and released

    # Loss
    label_smoothing: float = 0.0
    votes: float = 0.0  # weight of the crowd's votes, as a second task
    consistency: float = 0.0  # weight of the disagreement between two conditions of each clip
    teacher: float | None = None  # weight of the scores in a teacher's file; None for recipes without one

    # Clips
    top_db: float | None = None  # a raised floor, see `floor_db`; None in the states of older runs, too
    augmented: bool = False  # the waveforms, differently in every epoch
    mixup_share: float = 0.0  # of the batches have each clip blended with another one
    speakers: int = 0  # in a batch, each with batch_size / speakers clips; 0 draws clips of any speaker
    versions: int | None = None  # of each clip, heard by an encoder beforehand; None for networks without one

    @property
    def floor_db(self) -> float:
        """The floor of the log-mels, in dB below the maximum."""
        return TOP_DB if self.top_db is None else self.top_db


RECIPES = {
    # The notebook's: Adam at a constant rate on the prepared features, nothing else.
    "published": Recipe("published", epochs=32, batch_size=32, learning_rate=1e-3),
    # EmotionNet on augmented clips of any speaker.
    "emotion": Recipe(
        "emotion",
        epochs=60,
        batch_size=64,
        learning_rate=2e-3,
        weight_decay=0.02,
        one_cycle=True,
        ema=0.995,
        label_smoothing=0.1,
        augmented=True,
        mixup_share=0.5,
    ),
    # EmotionNet on groups of clips per speaker, with a zero point from the speaker's takes and with the
    # crowd's votes: for use with voice profiles. The released network is trained with this recipe.
    "voices": Recipe(
        "emotion",
        epochs=124,
        batch_size=128,
        learning_rate=2e-3,
        muon_rate=0.025,
        weight_decay=0.02,
        ema=0.995,
        label_smoothing=0.1,
        votes=0.5,
        consistency=1.0,
        augmented=True,
        mixup_share=0.5,
        speakers=16,
    ),
    # `voices` continued from a trained network, with a teacher's scores as a third task. The teacher heard each clip as
    # it is and the network hears it distorted, so a second version of each clip, which must agree, is left out.
    "distilled": Recipe(
        "emotion",
        epochs=12,
        batch_size=128,
        learning_rate=4e-4,
        muon_rate=0.005,
        weight_decay=0.02,
        ema=0.995,
        label_smoothing=0.1,
        votes=0.5,
        teacher=1.0,
        augmented=True,
        top_db=RAISED_TOP_DB,
        mixup_share=0.5,
        speakers=16,
    ),
    # The head of the wide network, on what the encoder hears in each clip as it is and through other microphones.
    "wide": Recipe(
        "wide",
        epochs=14,
        batch_size=128,
        learning_rate=2e-3,
        muon_rate=0.02,
        weight_decay=0.02,
        ema=0.995,
        label_smoothing=0.1,
        votes=0.5,
        consistency=1.0,
        mixup_share=0.5,
        speakers=16,
        versions=8,
    ),
}


def recipe_with(name: str, **changes: Any) -> Recipe:
    """Return a recipe by name with some numbers changed; a number given as None keeps its value."""
    return replace(RECIPES[name], **{key: value for key, value in changes.items() if value is not None})


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """The options of one training run."""

    # What is trained, and from which clips
    recipe: Recipe
    data: str | os.PathLike  # folder of CREMA-D, which holds AudioWAV
    split_seed: int = 42  # 42 gives the published split of the actors
    fold: tuple[int, int] | None = None  # (2, 5): the second of five folds in place of that split
    validate_on: Literal["speakers", "clips"] = (
        "speakers"  # "clips": on other clips of the speakers it trains on, for few speakers
    )
    limit: int | None = None  # train and validate on this many clips each, for a trial

    # Folder of the run, and whether to continue the run that it holds
    out: str | os.PathLike
    resume: bool = False
    encoded: str | os.PathLike | None = (
        None  # folder of encoded clips that runs share; None keeps them inside `out`
    )

    # What it learns from besides the clips, see `ser.training.teacher` and `ser.training.start`
    teacher: str | os.PathLike | None = None  # file of a teacher's scores, for recipes with a teacher
    start: str | os.PathLike | None = (
        None  # checkpoint whose weights it begins with; None begins with random ones
    )

    # How it is computed
    seed: int = 0  # the same seed gives the same network on the same machine
    precision: str = "auto"  # "float32" or "bf16"; "auto" measures which is faster on this machine

    command: str = ""  # the command line that started the run, for the card
