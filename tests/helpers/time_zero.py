"""One short file of each format with a click at a known time, and where decoders put it.

python docs/make_formats.py prints the table of docs/formats.md from them.
"""

from pathlib import Path

from tests.helpers.sound_files import click, encode, write

CLICK_S, LENGTH_S, RATE = 1.0, 3.0, 48_000
NO_HEADER = {"write_xing": "0", "id3v2_version": "0"}
# What is in the file, its ending, its codec, and the options of the container.
FILES = {
    "WAV": ("wav", "pcm_s16le", {}),
    "FLAC": ("flac", "", {}),
    "Ogg Vorbis": ("ogg", "", {}),
    "Ogg Opus": ("opus", "", {}),
    "WebM Opus": ("webm", "libopus", {}),
    "MP3 with a header": ("mp3", "libmp3lame", {}),
    "MP3 without a header": ("mp3", "libmp3lame", NO_HEADER),
    "M4A": ("m4a", "aac", {}),
    "M4A without an edit list": ("m4a", "aac", {"use_editlist": "0"}),
    "MP4 in fragments": ("mp4", "aac", {"movflags": "empty_moov+frag_keyframe"}),
    "AAC in ADTS": ("aac", "aac", {}),
    "MP4 Opus": ("mp4", "libopus", {}),
}


def make(folder: Path, kind: str) -> Path:
    """Write the file of a kind: 3 s with a click at 1 s."""
    ending, codec, options = FILES[kind]
    path = folder / f"{kind}.{ending}"
    if not codec:
        return write(path, click(CLICK_S, LENGTH_S, 16_000))
    return encode(path, codec, click(CLICK_S, LENGTH_S, RATE), RATE, source_rate=RATE, **options)


# Decode a file in the browser: where its click is in seconds, and how long it is.
DECODE = """async ([content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const context = new OfflineAudioContext(1, 48000, 48000);
  const buffer = await context.decodeAudioData(bytes.buffer);
  const samples = buffer.getChannelData(0);
  let best = 0;
  for (let i = 0; i < samples.length; i++) if (Math.abs(samples[i]) > Math.abs(samples[best])) best = i;
  return [best / 48000, samples.length / 48000];
}"""
