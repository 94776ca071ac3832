"""Sound files written byte by byte, with any values in their headers."""

import struct
import zlib

from ser.audio.reading import SAMPLE_RATE

CLUSTER = b"\x1f\x43\xb6\x75"  # the ID of the element that holds sound in WebM
PACKETS_OF_SILENCE = [b"\xfb\6"] * 30_000  # of Opus: six frames of 20 ms each, none of them sent


def wav(
    sound: bytes = bytes(32_000), rate: int = SAMPLE_RATE, channels: int = 1, bits: int = 16, tag: int = 1,
    size: int | None = None, format_size: int = 16, before: bytes = b"",
) -> bytes:  # fmt: skip
    """Return a WAV file whose header has these values, true or not."""
    frame = channels * bits // 8
    head = struct.pack(
        "<HHIIHH", tag, channels, rate, rate * frame & 0xFFFF_FFFF, frame & 0xFFFF, bits & 0xFFFF
    )
    chunks = b"fmt " + struct.pack("<I", format_size) + head + before
    chunks += b"data" + struct.pack("<I", len(sound) if size is None else size) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) & 0xFFFF_FFFF) + b"WAVE" + chunks


def flac_of_silence(rate: int, channels: int, seconds: int) -> bytes:
    """Return a FLAC of constant frames, whose header has no length: 65,535 frames of silence in some 20 bytes."""
    block = 65_535
    about = rate << 44 | channels - 1 << 41 | 15 << 36
    info = struct.pack(">HH", block, block) + bytes(6) + about.to_bytes(8, "big") + bytes(16)
    code = b"\xff\xf8" + bytes([0x70, (channels - 1) << 4])
    frames = []
    for number in range(seconds * rate // block + 1):
        head = code + _utf8(number) + struct.pack(">H", block - 1)
        frame = head + bytes([_crc(head, 8, 0x07)]) + b"\0\0\0" * channels
        frames.append(frame + _crc(frame, 16, 0x8005).to_bytes(2, "big"))
    return b"fLaC\x80\0\0\x22" + info + b"".join(frames)


def _utf8(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    crc, top = 0, 1 << bits - 1
    for byte in data:
        crc ^= byte << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc & top else crc << 1) & (1 << bits) - 1
    return crc


def frames_of_mp3(seconds: int) -> bytes:
    """Return frames of 8 kbit/s at 8 kHz, 72 ms in 72 bytes, which decode to silence."""
    return (b"\xff\xe3\x18\xc4" + bytes(68)) * (seconds * 1000 // 72)


def element(code: str, content: bytes) -> bytes:
    """Return an element of EBML: its code in hexadecimal digits, its length, its content."""
    return bytes.fromhex(code) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def _track(number: int, kind: int, codec: bytes, more: bytes) -> bytes:
    codes = element("d7", bytes([number])) + element("73c5", bytes([number])) + element("83", bytes([kind]))
    return element("ae", codes + element("86", codec) + more)


def _sound(rate: int, channels: int) -> bytes:
    sampling = element("b5", struct.pack(">d", rate)) + element("9f", bytes([channels]))
    return element("e1", sampling + element("6264", b"\x10"))


def matroska(
    codec: bytes, packets: list[bytes], rate: int, channels: int = 1, compressed: bool = False, tracks: bytes = b""
) -> bytes:  # fmt: skip
    """Return a Matroska file with a track of sound, made of packets that may be compressed with deflate."""
    more = _sound(rate, channels)
    if codec == b"A_OPUS":
        more += element("63a2", b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0")
    if compressed:
        more += element("6d80", element("6240", element("5034", element("4254", b"\0"))))
    kind = element("1a45dfa3", element("4282", b"webm" if codec == b"A_OPUS" else b"matroska"))
    head = element("1549a966", element("2ad7b1", struct.pack(">I", 1_000_000)))
    head += element("1654ae6b", tracks + _track(1, 2, codec, more))
    clusters = []
    for at in range(0, len(packets), 200):
        blocks = b"".join(element("a3", b"\x81\0\0\x80" + packet) for packet in packets[at : at + 200])
        clusters.append(element("1f43b675", element("e7", struct.pack(">I", at * 120)) + blocks))
    return kind + element("18538067", head + b"".join(clusters))


def picture_and_silence(side: int) -> bytes:
    """Return a Matroska file with a second of silence, and a PNG that is small in the file and huge when drawn."""
    head = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    parts = {b"IHDR": head, b"IDAT": zlib.compress(bytes(3_000_000)), b"IEND": b""}
    png = b"\x89PNG\r\n\x1a\n"
    for name, content in parts.items():
        png += (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )
    size = element("b0", struct.pack(">I", side)) + element("ba", struct.pack(">I", side))
    pictures = _track(2, 1, b"V_PNG", element("e0", size))
    sound = matroska(b"A_PCM/INT/LIT", [bytes(32_000)], SAMPLE_RATE, tracks=pictures)
    # The picture's packet comes after the sound's.
    packet = element("1f43b675", element("e7", b"\0") + element("a3", b"\x82\0\0\x80" + png))
    at = sound.index(bytes.fromhex("18538067"))
    return sound[:at] + element("18538067", sound[at + 12 :] + packet)
