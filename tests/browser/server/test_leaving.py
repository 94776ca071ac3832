"""Jobs that take too long, and no traces of recordings in the log or on the disk after the app has ended."""

import json
import shutil
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.browser.conftest import serving, wait_until
from tests.helpers.stranger import EVEN, META, call, upload


@pytest.mark.slow
def test_a_job_has_a_time_limit(checkpoint):
    with serving(checkpoint, "--max-seconds", "0.0001") as running:
        client = Client(running.address, verbose=False)
        with pytest.raises(AppError, match="longer than"):
            client.predict(handle_file(EVEN), api_name="/recognize")


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_stays_when_the_app_ends_in_the_middle_of_an_upload(sent, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving(checkpoint) as running:
        kept = Path(upload(running, EVEN, "Annas voice.flac"))
        assert kept.parents[1].stat().st_mode & 0o077 == 0
        half = socket.create_connection(("127.0.0.1", urlsplit(running.address).port))
        half.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="half.wav"\r\n\r\n' + b"a" * 9000
        )
        wait_until(lambda: any(path.is_file() for path in kept.parents[1].iterdir()))
        running.process.send_signal(sent)
        said = running.process.communicate(timeout=120)[1]
        half.close()
    assert running.process.returncode == 0
    assert not list(tmp_path.iterdir())
    assert "Annas" not in said


@pytest.mark.slow
def test_the_log_tells_no_name_of_a_file_and_nothing_of_the_sound(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving(checkpoint) as running:
        client = Client(running.address, verbose=False)
        shutil.copy(EVEN, tmp_path / "Annas voice.flac")
        (tmp_path / "Annas notes.wav").write_text("what Anna wrote")
        for name in ("Annas voice.flac", "Annas notes.wav"):
            client.predict(handle_file(tmp_path / name), api_name="/recognize")
        gone = Path(upload(running, EVEN, "Annas other voice.flac"))
        for asked in (
            {"data": [None]},
            {"data": [str(gone)]},
            {"data": [{"path": str(gone), "meta": META, "size": "x"}]},
        ):
            event = httpx.post(f"{running.address}/gradio_api/call/recognize", json=asked).json()["event_id"]
            answer = httpx.get(f"{running.address}/gradio_api/call/recognize/{event}").text
            assert "Traceback" not in answer
            assert str(tmp_path) not in answer
            assert "error" in answer
        assert call(running, "open_sound", [json.dumps({"key": str(gone)})]).json()["problem"]
        running.process.terminate()
        said = running.process.communicate(timeout=120)[1]
    assert "Traceback" in said  # so there was something to be told
    assert "Anna" not in said
