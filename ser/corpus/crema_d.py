"""The CREMA-D data set: file names, the table of clips, and splits that keep every actor in one part.

Cao, Cooper, Keutmann, Gur, Nenkova, Verma: CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset,
IEEE Transactions on Affective Computing 5(4), 2014. https://github.com/CheyneyComputerScience/CREMA-D
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, NamedTuple

from ser.corpus.errors import CorpusError
from ser.corpus.splits import PARTS, PUBLISHED_SEED, Split, k_folds, split_actors
from ser.corpus.votes import VOTE_COLUMNS
from ser.labels import EMOTION_NAMES, LABELS
from ser.util.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"}
DEMO_CLIPS = (  # not in training, validation or test
    "1006_IOM_ANG_XX",
    "1014_WSI_DIS_XX",
    "1031_TSI_ANG_XX",
    "1036_IEO_HAP_LO",
    "1044_MTI_DIS_XX",
    "1053_WSI_FEA_XX",
    "1055_WSI_FEA_XX",
    "1057_DFA_NEU_XX",
    "1059_IEO_FEA_LO",
    "1070_WSI_ANG_XX",
)

METADATA_COLUMNS = (
    *("filename", "filepath", "actor_id", "sentence_code", "sentence"),
    *("emotion_code", "emotion", "intensity", "label", "split"),
)


class ClipName(NamedTuple):
    """The parts of a clip's name; `str()` returns the name."""

    actor: str  # "1001" to "1091"
    sentence: str  # a key of SENTENCES
    emotion: str  # the acted emotion, one of LABELS
    level: str  # a key of LEVELS

    def __str__(self) -> str:
        return "_".join(self)


def parse_clip_name(name: str | os.PathLike) -> ClipName:
    """Parse the name of a clip, given as a path, a file name or a stem, such as `AudioWAV/1001_DFA_ANG_XX.wav`.

    Raises `ValueError` with the part of the name that is wrong.
    """
    stem = PureWindowsPath(name).stem  # splits at both "\\" and "/"
    parts = stem.split("_")
    if len(parts) != 4:
        raise ValueError(f"{stem!r} is not ACTOR_SENTENCE_EMOTION_LEVEL, as in 1001_DFA_ANG_XX")
    actor, *codes = parts
    if not (actor.isascii() and actor.isdigit() and len(actor) == 4):
        raise ValueError(f"{stem!r}: the actor {actor!r} is not four digits")
    for kind, code, choices in zip(
        ("sentence", "emotion", "level"), codes, (SENTENCES, LABELS, LEVELS), strict=True
    ):
        if code not in choices:
            raise ValueError(f"{stem!r}: the {kind} {code!r} is not one of {', '.join(choices)}")
    return ClipName(*parts)


class Corpus:
    """The clips of CREMA-D on this machine.

    Parameters
    ----------
    root : path
        The folder that holds AudioWAV, or AudioWAV itself. The CSV files of the release are used if they are next to
        AudioWAV.

    Attributes
    ----------
    root, audio_dir : Path
        The folder of the data set, and the folder of the clips, AudioWAV.
    clips : DataFrame
        A row per clip, indexed by its name and sorted. Columns: actor, sentence, text, emotion (acted),
        level, duration_s (NaN if the file cannot be read), silent, twin (the name of a clip with the same
        bytes, or "") and demo; with the CSV files also age, sex, race, ethnicity and votes_ANG to
        votes_SAD (counts of raters who heard only the voice).
    strays : tuple of Path
        WAV files in the folder whose names are not clip names.

    Raises
    ------
    CorpusError
        The folder does not exist, has no clips, or has Git LFS pointers in place of audio.
    """

    def __init__(self, root: str | os.PathLike) -> None:
        self.audio_dir = find_audio_dir(root)
        self.root = self.audio_dir.parent
        self._paths, strays = _list_clips(self.audio_dir)
        self.strays = tuple(strays)
        if not self._paths:
            raise CorpusError(
                f"{self.audio_dir} holds no clips such as 1001_DFA_ANG_XX.wav: choose the folder that contains "
                "CREMA-D's AudioWAV."
            )
        self.clips = self._make_table()

    def _make_table(self) -> pd.DataFrame:
        import pandas as pd

        from ser.corpus.scan import scan

        names = [parse_clip_name(clip) for clip in self._paths]
        clips = pd.DataFrame(names, columns=ClipName._fields, index=pd.Index(list(self._paths), name="clip"))
        clips.insert(2, "text", clips["sentence"].map(SENTENCES))
        scanned = scan(self._paths)
        clips = clips.assign(**{column: pd.Series(values) for column, values in scanned._asdict().items()})
        _refuse_lfs_pointers(self._paths[clip] for clip in clips.index[clips["duration_s"].isna()])
        clips["demo"] = clips.index.isin(DEMO_CLIPS)
        demographics, votes = read_demographics(self.root), read_voice_votes(self.root)
        if demographics is not None:
            clips = clips.join(demographics, on="actor")
        if votes is not None:
            clips = clips.join(votes.reindex(clips.index, fill_value=0))
        return clips

    @property
    def modelling(self) -> pd.DataFrame:
        """The clips to train and evaluate on, without the silent one and the demo clips: 7431 of 7442."""
        return self.clips[~self.clips["silent"] & ~self.clips["demo"]]

    @property
    def demo(self) -> pd.DataFrame:
        """The ten clips that are in no part of any split."""
        return self.clips[self.clips["demo"]]

    @property
    def has_votes(self) -> bool:
        """Whether the table has the crowd's votes, which are in tabulatedVotes.csv."""
        return set(VOTE_COLUMNS) <= set(self.clips)

    def path(self, clip: str) -> Path:
        """Return the audio file of a clip; raise `CorpusError` for an unknown name."""
        if clip not in self._paths:
            raise CorpusError(
                f"{clip} is not among the {len(self._paths)} clips in {self.audio_dir}: check its name."
            )
        return self._paths[clip]

    def split(self, seed: int = PUBLISHED_SEED) -> Split:
        """Split the actors of the modelling clips, as `split_actors` does."""
        return split_actors(self.modelling["actor"], seed)

    def folds(self, k: int, seed: int = PUBLISHED_SEED) -> list[Split]:
        """Deal the actors of the modelling clips into folds, as `k_folds` does."""
        return k_folds(self.modelling["actor"], k=k, seed=seed)

    def split_table(self, split: Split) -> pd.DataFrame:
        """Return a row per part with the numbers of clips, actors, clips of each emotion and, if known, actors of each sex."""
        import pandas as pd

        modelling = self.modelling
        rows = {}
        for part in PARTS:
            clips = modelling[modelling["actor"].isin(getattr(split, part))]
            rows[part] = {"clips": len(clips), "actors": clips["actor"].nunique()}
            rows[part] |= {label: int((clips["emotion"] == label).sum()) for label in LABELS}
            if "sex" in clips:
                sexes = clips.drop_duplicates("actor")["sex"].str.lower()
                rows[part] |= {sex: int((sexes == sex).sum()) for sex in ("female", "male")}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("part")

    def split_dict(self, split: Split) -> dict[str, dict]:
        """Return `{"train": {"clips": n, "actors": [ids]}, "val": ..., "test": ...}`."""
        counts = self.split_table(split)["clips"]
        return {part: {"clips": int(counts[part]), "actors": list(getattr(split, part))} for part in PARTS}

    def write_metadata(self, path: str | os.PathLike, seed: int = PUBLISHED_SEED) -> None:
        """Write the notebook's `modelling_metadata.csv`: a row per modelling clip, with ten columns."""
        split = self.split(seed)
        rows = self.modelling.reset_index()
        files = [self.path(clip) for clip in rows["clip"]]
        table = rows.assign(
            filename=[file.name for file in files],
            filepath=[file.relative_to(self.root).as_posix() for file in files],
            actor_id=rows["actor"],
            sentence_code=rows["sentence"],
            sentence=rows["text"],
            emotion_code=rows["emotion"],
            emotion=rows["emotion"].map(EMOTION_NAMES),
            intensity=rows["level"],
            label=rows["emotion"].map(LABELS.index),
            split=rows["actor"].map(split.part_of),
        )[list(METADATA_COLUMNS)]
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path, "w", encoding="utf-8", newline="") as file:
            table.to_csv(file, index=False, lineterminator="\n")


class ServedCorpus(Corpus):
    """A data set that serves no file outside its folder, even if a link points there."""

    def path(self, clip: str) -> Path:
        """Return the audio file of a clip; raise `CorpusError` also for a link to a file outside the data set."""
        path = super().path(clip)
        if path.is_symlink():
            real = path.resolve()
            # AudioWAV itself may be a link, for example to another disk.
            if not any(real.is_relative_to(folder.resolve()) for folder in (self.root, self.audio_dir)):
                raise CorpusError(
                    f"{path} is a link to a file outside the data set: replace the link with the file."
                )
        return path


def describe_splits(corpus: Corpus, *, splits: list[Split], as_json: bool = False) -> str:
    """Return what the `split` command prints: one split, or each fold of a cross-validation."""
    if as_json:
        dicts = [corpus.split_dict(split) for split in splits]
        return json.dumps(dicts if len(dicts) > 1 else dicts[0], indent=2)
    tables = [corpus.split_table(split).reset_index().to_string(index=False) for split in splits]
    if len(tables) == 1:
        return tables[0]
    return "\n\n".join(f"fold {i} of {len(tables)}\n{table}" for i, table in enumerate(tables, 1))


def find_audio_dir(root: str | os.PathLike) -> Path:
    """Return `root`/AudioWAV, or `root` if it is the folder of clips itself."""
    root = Path(root).expanduser().absolute()
    if not root.is_dir():
        raise CorpusError(f"{root} is not a folder: choose the folder that contains CREMA-D's AudioWAV.")
    return root / "AudioWAV" if (root / "AudioWAV").is_dir() else root


def _list_clips(folder: Path) -> tuple[dict[str, Path], list[Path]]:
    clips, strays = {}, []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() != ".wav" or path.name.startswith("."):
            continue
        try:
            parse_clip_name(path)
        except ValueError:
            strays.append(path)
        else:
            clips[path.stem] = path
    return clips, strays


def _refuse_lfs_pointers(paths: Iterable[Path]) -> None:
    for path in paths:
        with path.open("rb") as file:
            if file.read(24).startswith(b"version https://git-lfs"):
                raise CorpusError(
                    f"{path} is a Git LFS pointer, not audio: fetch the clips with `python -m ser download "
                    f"--out {path.parent.parent}` or, in a clone, with `git lfs pull`."
                )


def read_demographics(root: Path) -> pd.DataFrame | None:
    """Read the age, sex, race and ethnicity of each actor; return None without VideoDemographics.csv."""
    table = _read_release_csv(root / "VideoDemographics.csv", ["ActorID", "Age", "Sex", "Race", "Ethnicity"])
    if table is None:
        return None
    table.index = table.pop("ActorID").astype(str)
    return table.rename(columns=str.lower)


def read_voice_votes(root: Path) -> pd.DataFrame | None:
    """Read the votes of raters who only heard a clip and did not see it, summed per clip; return None without tabulatedVotes.csv."""
    letters = dict(zip((label[0] for label in LABELS), VOTE_COLUMNS, strict=True))
    file = root / "processedResults" / "tabulatedVotes.csv"
    table = _read_release_csv(file, ["Unnamed: 0", "fileName", *letters])
    if table is None:
        return None
    # The row number says what raters got: 1xxxxx the voice, 2xxxxx the face, 3xxxxx both.
    voice_only = table[table["Unnamed: 0"] // 100_000 == 1]
    return voice_only.groupby("fileName")[list(letters)].sum().rename(columns=letters)


def _read_release_csv(file: Path, columns: list[str]) -> pd.DataFrame | None:
    import pandas as pd

    if not file.is_file():
        return None
    try:
        return pd.read_csv(file)[columns]
    except (KeyError, ValueError) as error:
        raise CorpusError(
            f"{file} is damaged: fetch it again with `python -m ser download`, or move it away."
        ) from error
