"""Files that the app serves or builds its page from."""

from pathlib import Path

from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

HOUR_S = 3600  # every hour, uploads older than one hour are deleted
EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "assets" / "examples").glob("*.flac"))


def served_copy(path: Path) -> str:
    """Copy a file into gradio's upload folder, the only one that files are served from, and return its path."""
    return save_file_to_cache(path, get_upload_folder())


def read_beside(module: str, *names: str) -> str:
    """Return the text of scripts, style sheets or templates in a module's folder, joined by newlines.

    Parameters
    ----------
    module : the module's `__file__`
    names : file names, in the order in which they are joined
    """
    folder = Path(module).resolve().parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
