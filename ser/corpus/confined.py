"""The data set as the app serves it."""

from pathlib import Path

from ser.corpus.crema_d import Corpus, CorpusError


class ServedCorpus(Corpus):
    """A data set that gives away nothing but what lies in its folder, wherever links in it lead."""

    def path(self, clip: str) -> Path:
        """Return the audio file of a clip; `CorpusError` also for a link that leads out of the data set."""
        path = super().path(clip)
        if path.is_symlink():
            real = path.resolve()
            # AudioWAV may be a link itself, to another disk.
            if not any(real.is_relative_to(folder.resolve()) for folder in (self.root, self.audio_dir)):
                raise CorpusError(
                    f"{path} is a link that leads out of the data set: put the file itself there."
                )
        return path
