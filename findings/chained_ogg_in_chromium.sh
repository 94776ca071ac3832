#!/usr/bin/env bash
# Guess: a browser that plays two recordings joined end to end in one Ogg file decodes both, or refuses.
# What happens: Chromium's decodeAudioData gives all of it while both parts have the same channels and rate. If the
# second part is stereo or has another rate, the result ends with the first part: no error, just a shorter sound.
# Who meets it: recorders that append to one file, after somebody plugged in another microphone.
set -euo pipefail
command -v chromium >/dev/null || { echo "chromium is missing: apt-get install chromium"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv env
env/bin/pip install -qq --no-compile playwright==1.65.2 soundfile==0.14.0 numpy==2.4.6
env/bin/python - <<'END'
import base64, io, shutil
import numpy as np, soundfile as sf
from playwright.sync_api import sync_playwright

def ogg(rate, channels):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * rate) / rate)
    file = io.BytesIO()
    sf.write(file, np.stack([tone] * channels, axis=1), rate, format="OGG", subtype="VORBIS")
    return file.getvalue()

decode = """async text => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    return (await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes.buffer)).duration;
}"""
seconds = {}
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    print("Chromium", browser.version)
    page = browser.new_page()
    for name, second in {"as the first": (48000, 1), "stereo": (48000, 2), "of 16 kHz": (16000, 1)}.items():
        joined = base64.b64encode(ogg(48000, 1) + ogg(*second)).decode()
        seconds[name] = page.evaluate(decode, joined)
        print(f"48 kHz mono, the second part {name}: expected 6.0 s or an error, seen {seconds[name]:.2f} s")
    browser.close()
assert seconds["as the first"] > 5.9 and seconds["stereo"] < 3.1 and seconds["of 16 kHz"] < 3.1
END
