"""Fixtures for all tests: where the real data set is, and when its absence may skip a test."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, and no deadline on a busy machine.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

# A shell makes its background jobs ignore Ctrl-C, and the programs that the tests start inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent

# numba's cache is not safe when several processes write to it, so each worker of the tests has its own.
NUMBA = ROOT / ".pytest_cache" / "numba" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
COMPILED = NUMBA.parent / "compiled"  # a copy for all of them, of what one has compiled
os.environ.setdefault("NUMBA_CACHE_DIR", str(NUMBA))

# Several workers share the cores: a second thread of PyTorch or of BLAS in each would mostly wait, by spinning.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


# Files and folders of tests that take long, the longest first: no worker of `pytest -n` is left alone with one in the end.
LONG = (
    *(
        "benchmark/test_speed.py",
        "network/test_runtime.py",
        "test_docs.py",
        "recognition/test_voice_profile.py",
    ),
    *("browser/test_axe.py", "training/test_restart.py", "training/test_run.py", "commands/test_unlucky.py"),
    *("browser", "training", "corpus/test_prepare.py", "benchmark", "evaluation/test_conditions.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = str(item.path.relative_to(ROOT / "tests"))
        return next((i for i, long in enumerate(LONG) if path.startswith(long)), len(LONG))

    items.sort(key=place)  # the order within a file stays


def skip_or_fail(reason: str) -> None:
    """Skip the test; fail it in CI, where everything is installed and a skip would hide a broken set-up."""
    if os.environ.get("SER_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (SER_REQUIRE_ALL=1 turns this skip into a failure)")
    pytest.skip(reason)


def _find_crema_d(tmp: Path) -> Path | None:
    given = os.environ.get("CREMA_D_DIR")
    if given and (Path(given) / "AudioWAV").is_dir():
        return Path(given)
    shared = ROOT.parent / "shared" / "crema-d"
    if (shared / "unpack.py").is_file():
        import subprocess
        import sys

        from filelock import FileLock

        target = tmp / "crema-d"
        with FileLock(f"{target}.lock"):
            if not target.is_dir():
                part = target.with_suffix(".part")
                subprocess.run(
                    [sys.executable, str(shared / "unpack.py"), str(part)], check=True, capture_output=True
                )
                part.rename(target)
        return target
    return None


@pytest.fixture(scope="session")
def crema_d(tmp_path_factory) -> Path:
    """The folder of the unpacked data set, in its official layout (AudioWAV/, the CSV files).

    The workers of one run share it: it is unpacked once.
    """
    base = tmp_path_factory.getbasetemp()
    folder = _find_crema_d(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    if folder is None:
        skip_or_fail("CREMA-D is not here: set CREMA_D_DIR to the folder that holds AudioWAV")
    return folder


@pytest.fixture(scope="session")
def pitch_tracker() -> None:
    """Have the pitch tracker compiled, which takes 20 s, by the first worker that needs it."""
    import shutil

    import numpy as np
    from filelock import FileLock

    from ser.audio.curves import pitch

    NUMBA.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{COMPILED}.lock"):
        if COMPILED.is_dir():
            shutil.copytree(COMPILED, NUMBA, dirs_exist_ok=True)
        pitch(np.sin(np.arange(9000) * 0.06).astype(np.float32))
        if not COMPILED.is_dir():
            shutil.copytree(NUMBA, COMPILED)


# --- a repository that speaks Git LFS, for the downloader -------------------------------------------------


@pytest.fixture
def clips() -> dict[str, bytes]:
    from tests.helpers.lfs_server import make_clips

    return make_clips()


def _lfs_server(clips):
    from tests.helpers.lfs_server import TEXTS, LfsServer

    with LfsServer(clips, TEXTS) as server:
        yield server


@pytest.fixture
def server(clips):
    yield from _lfs_server(clips)


@pytest.fixture
def mirror(clips):
    yield from _lfs_server(clips)


@pytest.fixture
def no_waiting(monkeypatch):
    """Retry downloads without any delay."""
    from ser.corpus import git_lfs

    monkeypatch.setattr(git_lfs, "BACKOFF_S", (0.0,) * 5)


@pytest.fixture
def uploads_folder(tmp_path) -> Path:
    """The folder of uploads, with one upload and links out of it and to itself, next to a secret."""
    folder = tmp_path / "uploads"
    (folder / "abc").mkdir(parents=True)
    (folder / "abc" / "voice.wav").write_bytes(b"sound")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.wav").symlink_to(tmp_path / "secret.txt")
    (folder / "circle.wav").symlink_to(folder / "circle.wav")
    return folder
