"""Who may reach the app: the address that it listens on, and the one user who may log in."""

import asyncio
import hashlib
import hmac
import ipaddress
import os
from pathlib import Path

from ser.errors import UserError

AFTER_WRONG_S = 1.0  # one wrong password a second, however many ask: 86,400 a day
LOCALHOST, EVERYWHERE = "127.0.0.1", "0.0.0.0"
HOW = "USER:FILE, a name and the file that holds the password"


def on_spaces() -> bool:
    """Whether Hugging Face Spaces runs this."""
    return bool(os.environ.get("SPACE_ID"))


def choose_host(host: str | None, *, auth: bool, public: bool) -> str:
    """Return the address to listen on, by default this computer only; on Spaces every one.

    Raises `UserError` where others could reach it and neither a login is asked for nor `public` says that it is meant.
    """
    if host is None:
        return EVERYWHERE if on_spaces() else LOCALHOST
    if auth or public or on_spaces() or is_local(host):
        return host
    raise UserError(
        f"Others could reach the app on {host}: ask for a password with --auth USER:FILE, or say --public if "
        "everyone may use it."
    )


def is_local(host: str) -> bool:
    """Whether an address is reached from this computer only.

    >>> [is_local(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.0.7", "a-name")]
    [True, True, True, False, False, False]
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Login:
    """The one user who may log in."""

    def __init__(self, user: str, password: str) -> None:
        self._right = _digest(user), _digest(password)
        self._wrong = asyncio.Lock()

    @classmethod
    def from_flag(cls, flag: str) -> "Login":
        """Read USER:FILE; `UserError` where it is not that, or where others may read the file."""
        user, _, name = flag.partition(":")
        if not user or not name:
            raise UserError(f"--auth takes {HOW}.")
        return cls(user, read_password(Path(name)))

    async def check(self, user: str, password: str) -> bool:
        """Compare in a time that does not tell how much was right; who is wrong waits for a second, one by one."""
        given = _digest(user), _digest(password)
        # Both are compared, whatever the first says.
        same = [hmac.compare_digest(a, b) for a, b in zip(given, self._right, strict=True)]
        if not all(same):
            async with self._wrong:
                await asyncio.sleep(AFTER_WRONG_S)
        return all(same)


def read_password(file: Path) -> str:
    """Return the first line of a file that not everybody may read; `UserError` for any other."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        others = os.name == "posix" and file.stat().st_mode & 0o007
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise UserError(f"The password file {file} cannot be read ({why}): --auth takes {HOW}.") from error
    if others:
        raise UserError(
            f"Everybody may read the password file {file}: make it yours alone with `chmod 600 {file}`."
        )
    if not lines or not lines[0]:
        raise UserError(f"The password file {file} is empty: write the password on its first line.")
    return lines[0]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
