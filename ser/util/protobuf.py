"""Read and write the encoding of protocol buffers, of which ONNX files are made, without importing `onnx`: it takes as long as NumPy.

References
----------
https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(message: bytes, *, at: int = 0, stop: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, start, stop and value of each field; numbers have no extent, the others no value."""
    stop = len(message) if stop is None else stop
    while at < stop:
        tag, at = _varint(message, at)
        if tag & 7 == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, at, at, value
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(tag & 7)
        if size is None:
            size, at = _varint(message, at)
        yield tag >> 3, at, at + size, 0
        at += size


def varints(message: bytes, *, at: int, stop: int) -> Iterator[int]:
    """Yield packed numbers."""
    while at < stop:
        value, at = _varint(message, at)
        yield value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def field(number: int, value: bytes | str | int) -> bytes:
    """Return an encoded field: a message, text, or a number."""
    if isinstance(value, int):
        return _encoded(number << 3 | _VARINT) + _encoded(value)
    content = value.encode() if isinstance(value, str) else value
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _encoded(value: int) -> bytes:
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
