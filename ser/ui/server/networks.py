"""The networks that the app scores with: its own, and the wide one beside it where that is installed."""

import threading
from collections.abc import Callable
from pathlib import Path

from ser.network.checkpoint import CheckpointError, open_checkpoint
from ser.network.encoder_files import HOW_TO_INSTALL, PRESENT, EncoderSource, state
from ser.recognition.recognizer import Recognizer
from ser.ui.page.network_choice import WIDE, Adaptations, wants_wide

OFFER = f"A wider network is released beside this one. To try it, {HOW_TO_INSTALL}, and start the app again."
INSTALLED = "The wide network is installed: choose it at the top of the page."


class Networks:
    """Returns the recognizer that the browser of a request has chosen. Threads may share it.

    Parameters
    ----------
    get_own : returns the recognizer of the app's own network, waiting for it if necessary
    folder : the checkpoint of the app's own network; a wide one is looked for beside it
    keep_in : where adaptations in use are kept, see `Adaptations`

    Attributes
    ----------
    adaptations : those that browsers use
    has_choice : whether there is a wide network to choose
    note : a sentence about it for the About tab; empty if there is none
    """

    def __init__(self, get_own: Callable[[], Recognizer], *, folder: Path, keep_in: Path | None = None):
        self._get_own, self._own_folder = get_own, folder
        self._wide_folder = folder.resolve().parent / WIDE
        self.adaptations = Adaptations(keep_in)
        self._lock = threading.Lock()
        self._wide: Recognizer | None = None
        try:
            is_other = folder.resolve() != self._wide_folder
            checkpoint = open_checkpoint(self._wide_folder) if is_other else None
            installed = checkpoint is not None and state(EncoderSource.of(checkpoint)) == PRESENT
        except CheckpointError:
            checkpoint, installed = None, False
        self.has_choice = installed
        self._wide_card = checkpoint.card if checkpoint is not None else {}
        self.note = "" if checkpoint is None else INSTALLED if installed else OFFER

    def current(self) -> Recognizer:
        """Return the recognizer for the request that is being answered; `CheckpointError` if it cannot be loaded."""
        return self.adapted() or self._chosen()

    def adapted(self) -> Recognizer | None:
        """Return the recognizer with the adaptation that the browser uses; None if it uses none, or with another network."""
        adapted = self.adaptations.find(self.released)
        if adapted is None or adapted.checkpoint.folder != self._chosen().checkpoint.folder:
            return None
        return adapted

    def released(self) -> Recognizer:
        """Return the network that the browser has chosen, without any adaptation."""
        return self._chosen().released

    @property
    def has_chosen_wide(self) -> bool:
        """Whether the browser of the request that is being answered scores with the wide network."""
        return self.has_choice and wants_wide()

    @property
    def folder(self) -> Path:
        """The checkpoint of the network that the browser has chosen."""
        return self._wide_folder if self.has_chosen_wide else self._own_folder

    @property
    def wide_card(self) -> dict:
        """The card of the wide network if the browser has chosen that; an empty dict for the app's own network."""
        return self._wide_card if self.has_chosen_wide else {}

    def describe(self) -> dict[str, str]:
        """Return name, made_from and effect of the adaptation that the browser scores with; an empty dict without one."""
        from ser.adaptation.words import effect, made_from  # imports SciPy

        adaptation = self.current().adaptation
        if adaptation is None:
            return {}
        return {"name": adaptation.name, "made_from": made_from(adaptation), "effect": effect(adaptation)}

    def _chosen(self) -> Recognizer:
        if not self.has_chosen_wide:
            return self._get_own()
        with self._lock:
            if self._wide is None:
                self._wide = Recognizer.load(self._wide_folder)
            return self._wide
