"""A local repository server: its archive of pointers, its LFS batches and objects, and faults on demand."""

import hashlib
import io
import json
import re
import tarfile
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import soundfile

from ser.corpus.crema_d import DEMO_CLIPS

EXAMPLES = sorted((Path(__file__).parents[2] / "ser" / "assets" / "examples").glob("*.flac"))
ANGRY, TWIN = "1001_DFA_ANG_XX", "1002_DFA_SAD_XX"
NAMES = (ANGRY, "1001_DFA_HAP_XX", "1003_IEO_FEA_HI", *DEMO_CLIPS)
STALL = 1000  # bytes: fewer than any buffer holds
LFS_JSON = "application/vnd.git-lfs+json"


class Answer(NamedTuple):
    """A status in place of the requested content."""

    status: int
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: bytes = b'{"message": "this is a fault"}'


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pointer_text(content: bytes) -> bytes:
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256(content)}\nsize {len(content)}\n"
    ).encode()


def make_archive(files: dict[str, bytes], extra: list[tarfile.TarInfo] = ()) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in extra:
            tar.addfile(member)
    return buffer.getvalue()


class LfsServer:
    """Serves `clips` (name to bytes) and `texts` (path to bytes) as a Git host would.

    Faults, each of which happens once: `archive_faults` and `batch_faults` hold `Answer`s;
    `object_faults[sha256]` holds `Answer`s, "cut" (only half of it), "wrong" (other bytes of that size),
    "long" (a byte too many), "no range" (all of it from the start), "other range" (the same, declared as the
    requested range) or "stall" (`STALL` bytes, then nothing until the server closes). `refusal` answers every
    batch; `errors[sha256]` is added to every batch.
    """

    def __init__(self, clips: dict[str, bytes], texts: dict[str, bytes]) -> None:
        self.clips, self.objects = clips, {sha256(content): content for content in clips.values()}
        files = {f"AudioWAV/{name}.wav": pointer_text(content) for name, content in clips.items()}
        self.files = {f"CREMA-D-HEAD/{path}": content for path, content in (files | texts).items()}
        self.archive = make_archive(self.files)
        self.archive_faults, self.batch_faults, self.object_faults = [], [], {}
        self.refusal, self.errors = None, {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.batches: list[list[str]] = []
        self.stalled, self.closing = threading.Event(), threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"lfs": self}))
        self._http.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._http.server_port}"
        self.url = f"{self.root}/lab/CREMA-D"

    def __enter__(self) -> "LfsServer":
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def gets_of(self, content: bytes) -> list[dict[str, str]]:
        """Return the headers of every request for an object."""
        return [headers for _, path, headers in self.requests if path == f"/objects/{sha256(content)}"]

    @property
    def n_object_gets(self) -> int:
        return sum(path.startswith("/objects/") for _, path, _ in self.requests)


class _Handler(BaseHTTPRequestHandler):
    lfs: LfsServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _note(self) -> None:
        self.lfs.requests.append((self.command, self.path, dict(self.headers)))

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, answer: Answer) -> None:
        self._send(answer.status, answer.body, answer.headers)

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.lfs.batch_faults or self.lfs.refusal:
            self._answer(self.lfs.batch_faults.pop(0) if self.lfs.batch_faults else self.lfs.refusal)
            return
        is_valid = self.path == "/lab/CREMA-D.git/info/lfs/objects/batch" and LFS_JSON in (
            self.headers["Accept"] + self.headers["Content-Type"]
        )
        request = json.loads(body)
        if not is_valid or request["operation"] != "download" or "basic" not in request["transfers"]:
            self._send(406, b'{"message": "Not Acceptable"}')
            return
        self.lfs.batches.append([item["oid"] for item in request["objects"]])
        answers = [self._locate(item["oid"], item["size"]) for item in request["objects"]]
        self._send(200, json.dumps({"objects": answers}).encode(), {"Content-Type": LFS_JSON})

    def _locate(self, oid: str, size: int) -> dict:
        answer = {"oid": oid, "size": size}
        if error := self.lfs.errors.get(oid):
            return answer | {"error": error}
        if oid not in self.lfs.objects:
            return answer | {"error": {"code": 404, "message": "Object does not exist"}}
        href = {"href": f"{self.lfs.root}/objects/{oid}", "header": {"X-Ticket": oid[:8]}, "expires_in": 3600}
        return answer | {"actions": {"download": href}}

    def do_GET(self) -> None:
        self._note()
        if self.path == "/lab/CREMA-D/archive/HEAD.tar.gz":
            faults = self.lfs.archive_faults
            self._answer(faults.pop(0) if faults else Answer(200, body=self.lfs.archive))
        elif self.path.startswith("/objects/"):
            self._send_object(self.path.rpartition("/")[2])
        else:
            self._send(404, b"<html>no such page</html>")

    def _send_object(self, oid: str) -> None:
        if self.headers["X-Ticket"] != oid[:8]:
            self._send(403, b'{"message": "no ticket"}')
            return
        faults = self.lfs.object_faults.get(oid, [])
        fault = faults.pop(0) if faults else None
        content = self.lfs.objects[oid]
        if isinstance(fault, Answer):
            self._answer(fault)
            return
        match = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        start = int(match[1]) if match and fault not in ("no range", "other range") else 0
        body = content[start:]
        if fault == "wrong":
            body = bytes(255 - byte for byte in body)
        elif fault == "long":
            body += b"x"
        partial = start or fault == "other range"
        self.send_response(206 if partial else 200)
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault in ("cut", "stall"):
            self.wfile.write(body[: STALL if fault == "stall" else len(body) // 2])
            self.wfile.flush()
            if fault == "stall":
                self.lfs.stalled.set()
                self.lfs.closing.wait()
            self.close_connection = True
            return
        self.wfile.write(body)


def has_all(folder: Path, clips: dict[str, bytes]) -> bool:
    files = {path.name: path.read_bytes() for path in (folder / "AudioWAV").iterdir()}
    return files == {f"{name}.wav": content for name, content in clips.items()}


TEXTS = {
    "LICENSE.txt": b"Open Database License\n",
    "SentenceFilenames.csv": b'"Stimulus_Number","Filename"\n1,"1001_IEO_NEU_XX"\n',
    "VideoDemographics.csv": b'"ActorID","Age","Sex","Race","Ethnicity"\n'
    b'1001,51,"Male","Caucasian","Not Hispanic"\n',
    "processedResults/summaryTable.csv": b'"","FileName"\n',
    "processedResults/tabulatedVotes.csv": b'"","A","D","F","H","N","S","fileName"\n'
    b'"100062",6,2,0,0,1,0,"1001_DFA_ANG_XX"\n',
    "README.md": b"not wanted\n",
    "AudioMP3/1001_DFA_ANG_XX.mp3": b"not wanted\n",
}


@cache
def make_clips() -> dict[str, bytes]:
    """Return real voices under the names of clips, each of a different length; the last is a twin of another."""
    wavs = {}
    for i, name in enumerate(NAMES):
        samples, rate = soundfile.read(EXAMPLES[i % len(EXAMPLES)], dtype="int16")
        buffer = io.BytesIO()
        soundfile.write(buffer, samples[: 9000 + 500 * i], rate, format="WAV", subtype="PCM_16")
        wavs[name] = buffer.getvalue()
    return wavs | {TWIN: wavs[ANGRY]}
