"""Print the table of docs/formats.md: where decoders put a click at 1.000 s of a file of 3.000 s.

python docs/make_formats.py

Needs Chromium and the packages of tests/requirements.txt.
"""

import base64
import shutil
import sys
import tempfile
from pathlib import Path

import soundfile
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ser.audio.reading import read_audio  # noqa: E402
from tests.helpers.sound_files import clicks_s  # noqa: E402
from tests.helpers.time_zero import CLICK_S, DECODE, FILES, make  # noqa: E402


def _shown(at_s: float, length_s: float) -> str:
    return f"{1000 * (at_s - CLICK_S):+.1f} / {length_s:.3f}"


def _by_libsndfile(path: Path) -> str:
    try:
        samples, rate = soundfile.read(path, dtype="float32")
    except soundfile.LibsndfileError:
        return "-"
    return _shown(clicks_s(samples, rate)[0], len(samples) / rate)


def main() -> None:
    """Make the files, decode each in three ways, print a row per kind."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    print("| file | here | libsndfile | Chromium |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for kind in FILES:
            path = make(Path(folder), kind)
            recording = read_audio(path)
            here = _shown(clicks_s(recording.samples)[0], recording.duration_s)
            in_browser = page.evaluate(DECODE, [base64.b64encode(path.read_bytes()).decode()])
            print(f"| {kind} | {here} | {_by_libsndfile(path)} | {_shown(*in_browser)} |")
        browser.close()


if __name__ == "__main__":
    main()
