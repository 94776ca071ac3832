"""Control who may reach the app: the address to listen on, and the one user who may log in."""

import asyncio
import hashlib
import hmac
import ipaddress
import os
from pathlib import Path

from ser.errors import UserError
from ser.hosting.flags import AUTH_FORMAT

WRONG_PASSWORD_DELAY_S = 1.0  # one wrong password a second, however many people try: 86,400 a day
LOCALHOST, EVERYWHERE = "127.0.0.1", "0.0.0.0"


def on_spaces() -> bool:
    """Return whether the app runs on Hugging Face Spaces."""
    return bool(os.environ.get("SPACE_ID"))


def choose_host(host: str | None, *, auth: bool, public: bool) -> str:
    """Return the address to listen on.

    Parameters
    ----------
    host : the requested address; by default this computer only, or all addresses on Hugging Face Spaces
    auth : whether a login is required
    public : whether everyone may use the app

    Raises
    ------
    UserError : if others could reach the app without a login and `public` is False
    """
    if host is None:
        return EVERYWHERE if on_spaces() else LOCALHOST
    if auth or public or on_spaces() or is_local(host):
        return host
    raise UserError(
        f"Others could reach the app on {host}: require a password with --auth USER:FILE, or add --public if "
        "everyone may use it."
    )


def is_local(host: str) -> bool:
    """Return whether an address can be reached from this computer only.

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
        self._digests = _digest(user), _digest(password)
        self._delay_lock = asyncio.Lock()

    @classmethod
    def from_flag(cls, flag: str) -> "Login":
        """Return the login that --auth USER:FILE describes.

        Raises
        ------
        UserError : if the flag has another form, or others may read the file
        """
        user, _, file = flag.partition(":")
        if not user or not file:
            raise UserError(f"--auth takes {AUTH_FORMAT}.")
        return cls(user, read_password(Path(file)))

    async def check(self, user: str, password: str) -> bool:
        """Return whether a user and a password are right, after a second if not; wrong logins wait one at a time.

        The time of the comparison does not reveal how much was right.
        """
        digests = _digest(user), _digest(password)
        # Both are compared, even if the first is wrong.
        matches = [hmac.compare_digest(a, b) for a, b in zip(digests, self._digests, strict=True)]
        if not all(matches):
            async with self._delay_lock:
                await asyncio.sleep(WRONG_PASSWORD_DELAY_S)
        return all(matches)


def read_password(file: Path) -> str:
    """Return the first line of a password file.

    Raises
    ------
    UserError : if the file cannot be read, is empty, or may be read by everyone
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        is_open_to_all = os.name == "posix" and bool(file.stat().st_mode & 0o007)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UserError(
            f"The password file {file} cannot be read ({reason}): --auth takes {AUTH_FORMAT}."
        ) from error
    if is_open_to_all:
        raise UserError(
            f"Everyone may read the password file {file}: make it private with `chmod 600 {file}`."
        )
    if not lines or not lines[0]:
        raise UserError(f"The password file {file} is empty: write the password on its first line.")
    return lines[0]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
