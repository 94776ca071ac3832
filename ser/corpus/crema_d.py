"""The CREMA-D data set: file names, the table of clips, and splits that keep every actor in one part.

Cao, Cooper, Keutmann, Gur, Nenkova, Verma: CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset,
IEEE Transactions on Affective Computing 5(4), 2014. https://github.com/CheyneyComputerScience/CREMA-D
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ser.corpus.clip_names import DEMO_CLIPS, SENTENCES, ClipName
from ser.corpus.errors import CorpusError
from ser.corpus.known import KnownCorpus
from ser.corpus.layout import crema_d_layout, known_layout, left_out_notes
from ser.corpus.splits import PARTS, PUBLISHED_SEED, Split, k_folds, split_actors
from ser.corpus.votes import VOTE_COLUMNS
from ser.labels import EMOTION_NAMES, LABELS
from ser.util.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.typing import DataFrameGroupBy

VOTES_FILE = Path("processedResults", "tabulatedVotes.csv")
METADATA_COLUMNS = (
    *("filename", "filepath", "actor_id", "sentence_code", "sentence"),
    *("emotion_code", "emotion", "intensity", "label", "split"),
)


class Corpus:
    """The clips of CREMA-D, or of another corpus with the same columns, on this machine.

    Parameters
    ----------
    root : path
        The folder that holds AudioWAV, or AudioWAV itself, or a copy in another layout. The CSV files of the release are used
        if they are next to AudioWAV.
    known : the rules of another corpus, whose clips are in `root` and its subfolders; CREMA-D if None

    Attributes
    ----------
    root, audio_dir : Path
        The folder of the data set, and the folder of the clips, AudioWAV.
    known : KnownCorpus or None
        The rules of another corpus.
    clips : DataFrame
        A row per clip, indexed by its name and sorted. Columns: actor, sentence, text, emotion (acted),
        level, duration_s (NaN if the file cannot be read), silent, twin (the name of a clip with the same
        bytes, or "") and demo; with the CSV files also age, sex, race, ethnicity, votes_ANG to
        votes_SAD (counts of raters who heard only the voice) and rating (how strongly they heard the emotion that
        they named, 0 to 100, their mean; NaN where unknown).
    strays : tuple of Path
        Sound files in the folder whose names are not clip names.
    unreadable : dict
        Why a clip cannot be read, by its name.

    Raises
    ------
    CorpusError
        The folder does not exist, has no clips, or has Git LFS pointers in place of audio.
    """

    def __init__(self, root: str | os.PathLike, *, known: KnownCorpus | None = None) -> None:
        self.known = known
        folder = Path(root).expanduser().absolute()
        if not folder.is_dir():
            raise CorpusError(
                f"{folder} is not a folder: choose the folder "
                + (f"of {known.title}." if known else "that contains CREMA-D's AudioWAV.")
            )
        self.layout = known_layout(folder, known) if known else crema_d_layout(folder)
        self.audio_dir = self.layout.audio_dir
        self.root = folder if known else _root_of(self.audio_dir)
        self.strays = self.layout.strays
        if not self.layout.paths:
            raise CorpusError(self._no_clips())
        self.unreadable: dict[str, str] = {}
        self.clips = self._make_table()

    def _no_clips(self) -> str:
        if self.known:
            names = {"": "no sound files"} | {"x": "only files with other names or emotions"}
            what = names["x" if self.strays or self.layout.left_out else ""]
            return f"{self.audio_dir} holds {what}: choose the folder of {self.known.title}."
        if any(self.audio_dir.rglob("*.parquet")):
            return (
                f"{self.audio_dir} holds Parquet tables, with the sound packed into them: unpack them with "
                f"`python -m ser download --unpack {self.audio_dir} --out DIR` and choose DIR."
            )
        return (
            f"{self.audio_dir} holds no clips such as 1001_DFA_ANG_XX.wav, and no table of its files with their label and "
            "speaker_id: choose the folder that contains CREMA-D's AudioWAV, or name another corpus."
        )

    def _make_table(self) -> pd.DataFrame:
        import pandas as pd

        from ser.corpus.scan import scan

        paths = self.layout.paths
        index = pd.Index(list(paths), name="clip")
        clips = pd.DataFrame(list(self.layout.names.values()), columns=ClipName._fields, index=index)
        clips.insert(2, "text", clips["sentence"].map(SENTENCES).fillna("") if not self.known else "")
        scanned = scan(paths)
        clips = clips.assign(**{column: pd.Series(values) for column, values in scanned._asdict().items()})
        doubtful = clips.index[~(clips["duration_s"] > 0)]
        _refuse_lfs_pointers(paths[clip] for clip in doubtful)
        self._decode(clips, doubtful)
        clips["demo"] = clips.index.isin(DEMO_CLIPS)
        if self.known:
            return clips
        demographics, votes = read_demographics(self.root), read_voice_votes(self.root)
        if demographics is not None:
            clips = clips.join(demographics, on="actor")
        if votes is not None:
            clips = clips.join(votes.reindex(clips.index, fill_value=0))
        ratings = read_voice_ratings(self.root)
        return clips if ratings is None else clips.join(ratings)

    def _decode(self, clips: pd.DataFrame, doubtful: Iterable[str]) -> None:
        """Decode clips that the scan could not read, as other kinds of sound files; note those that are damaged."""
        from ser.audio.reading import SAMPLE_RATE, AudioError, read_audio

        for clip in doubtful:
            try:
                clips.loc[clip, "duration_s"] = len(read_audio(self.layout.paths[clip]).samples) / SAMPLE_RATE
            except AudioError as error:
                self.unreadable[clip] = str(error)

    @property
    def left_out(self) -> list[str]:
        """A sentence for each reason why files of the folder are left out, with the names of the first ones."""
        return left_out_notes(self.layout, self.unreadable)

    @property
    def modelling(self) -> pd.DataFrame:
        """The clips to train and evaluate on, without the silent one, the demo clips and damaged ones: 7431 of 7442."""
        left_out = self.clips["silent"] | self.clips["demo"] | self.clips.index.isin(list(self.unreadable))
        return self.clips[~left_out]

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
        paths = self.layout.paths
        if clip not in paths:
            raise CorpusError(
                f"{clip} is not among the {len(paths)} clips in {self.audio_dir}: check its name."
            )
        return paths[clip]

    def split(self, seed: int = PUBLISHED_SEED) -> Split:
        """Split the actors of the modelling clips, as `split_actors` does."""
        return split_actors(self._speakers(), seed)

    def folds(self, k: int, seed: int = PUBLISHED_SEED) -> list[Split]:
        """Deal the actors of the modelling clips into folds, as `k_folds` does."""
        return k_folds(self._speakers(), k=k, seed=seed)

    def _speakers(self) -> pd.Series:
        if self.modelling.empty:
            raise CorpusError(
                f"{self.root} has only clips that are in no part, such as the demo clips: fetch the others with "
                "`python -m ser download`."
            )
        return self.modelling["actor"]

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


def _root_of(audio_dir: Path) -> Path:
    """Return the folder of the CSV files: that of AudioWAV; for copies in another layout, the folder itself if it has them."""
    parent = audio_dir.parent
    is_beside = audio_dir.name == "AudioWAV" or (parent / "VideoDemographics.csv").is_file()
    return parent if is_beside else audio_dir


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
    table = _read_release_csv(root / VOTES_FILE, ["Unnamed: 0", "fileName", *letters])
    return None if table is None else _voice_only(table)[list(letters)].sum().rename(columns=letters)


def read_voice_ratings(root: Path) -> pd.Series | None:
    """Read how strongly raters who only heard a clip heard the emotion that they named, 0 to 100: their mean per clip.

    Raters of neutral said how neutral it is. Returns None without tabulatedVotes.csv, or if a copy lacks its ratings.
    """
    try:
        table = _read_release_csv(root / VOTES_FILE, ["Unnamed: 0", "fileName", "meanEmoResp"])
    except CorpusError:
        return None  # `read_voice_votes` refuses files without votes; those without ratings are complete otherwise
    return None if table is None else _voice_only(table)["meanEmoResp"].mean().rename("rating")


def _voice_only(table: pd.DataFrame) -> DataFrameGroupBy:
    """Return the rows of raters who only heard a clip, by clip: the row's number begins with 1; 2 is the face, 3 both."""
    return table[table["Unnamed: 0"] // 100_000 == 1].groupby("fileName")


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
