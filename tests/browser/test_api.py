"""What programs can call, over HTTP."""

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.browser.conftest import EXAMPLES, command_line_scores


@pytest.fixture(scope="module")
def client(server) -> Client:
    return Client(server.address, verbose=False)


@pytest.mark.parametrize("name", ["even.flac", "quiet_and_falling.flac"])
def test_recognize_answers_what_the_command_line_prints(client, server, name):
    answer = client.predict(handle_file(EXAMPLES / name), api_name="/recognize")
    assert answer == command_line_scores(server.checkpoint, EXAMPLES / name) | {"file": name}


def test_a_file_that_is_no_audio_has_its_error_in_the_answer(client, tmp_path):
    (tmp_path / "notes.wav").write_bytes(b"no sound here " * 50)
    answer = client.predict(handle_file(tmp_path / "notes.wav"), api_name="/recognize")
    assert "no sound file" in answer["error"]
    assert answer["scores"] is None


def test_recognize_is_the_only_endpoint(client):
    endpoints = client.view_api(return_format="dict")
    assert list(endpoints["named_endpoints"]) == ["/recognize"]
    assert not endpoints["unnamed_endpoints"]
    assert len(endpoints["named_endpoints"]["/recognize"]["parameters"]) == 1


def test_a_path_on_the_server_is_no_upload(server):
    # gradio_client would upload the file: a stranger would not.
    own = {"path": str(EXAMPLES / "even.flac"), "meta": {"_type": "gradio.FileData"}}
    call = f"{server.address}/gradio_api/call/recognize"
    event = httpx.post(call, json={"data": [own]}).json()["event_id"]
    answer = httpx.get(f"{call}/{event}").text
    assert "event: error" in answer
    assert "scores" not in answer
