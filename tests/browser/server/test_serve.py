"""Starting and stopping the app from the command line."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.browser.conftest import EXAMPLES, free_port, serving
from tests.conftest import ROOT


@pytest.mark.parametrize("flag", ["--data", pytest.param("--checkpoint", marks=pytest.mark.slow)])
def test_a_folder_that_is_not_there_is_one_sentence_and_status_1(tmp_path, flag, checkpoint):
    command = [sys.executable, "app.py", "--no-browser", "--checkpoint", str(checkpoint)]
    run = subprocess.run(
        [*command, flag, str(tmp_path / "nowhere")], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert "nowhere" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_a_taken_port_gives_way_to_the_next_and_nothing_is_left_behind(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serving(checkpoint, "--port", str(port)) as server:
            assert f":{port}" not in server.address
            assert httpx.get(server.address).status_code == 200
            made = sorted(path.name.rpartition("-")[0] for path in tmp_path.iterdir())
            assert made == ["emotion-listener", "emotion-listener-labels"]
    assert server.process.returncode == 0
    assert not list(tmp_path.iterdir())


def test_a_proxy_of_the_machine_is_not_asked_for_the_app_itself(checkpoint, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(checkpoint) as server:
        assert httpx.get(server.address, trust_env=False).status_code == 200


WAITING = """
import sys
from ser.commands import app
load = app.load_recognizer
app.load_recognizer = lambda *args, **options: (sys.stdin.readline(), load(*args, **options))[1]
sys.exit(app.main(sys.argv[1:]))
"""


def libraries(process: subprocess.Popen) -> str:
    """The names of all files that a process has loaded."""
    return Path(f"/proc/{process.pid}/maps").read_text()


def status(address: str) -> int | None:
    try:
        return httpx.get(address).status_code
    except httpx.TransportError:
        return None


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has loaded")
def test_the_page_is_served_before_the_network_is_loaded_and_never_loads_what_is_slow(checkpoint):
    """In an app of its own: the pitch tracker, which others ask the shared one for, does load numba."""
    port = free_port()
    command = [sys.executable, "-c", WAITING, "--no-browser", "--port", str(port)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--checkpoint", str(checkpoint)], cwd=ROOT, **pipes) as process:
        try:
            end = time.monotonic() + 120
            while status(f"http://localhost:{port}") != 200:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
            assert not [name for name in ("onnxruntime", "libtorch") if name in libraries(process)]
            process.stdin.write("\n")  # now the network is there
            process.stdin.flush()
            assert f":{port}" in process.stdout.readline()
            client = Client(f"http://localhost:{port}", verbose=False)
            assert client.predict(handle_file(EXAMPLES / "even.flac"), api_name="/recognize")["scores"]
            loaded = libraries(process)
            assert "onnxruntime" in loaded
            assert not [name for name in ("libtorch", "llvmlite") if name in loaded]
        finally:
            process.terminate()
