"""The API that programs call over HTTP."""

import json

import httpx
import pandas as pd
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from ser.corpus.crema_d import PARTS
from ser.labels import LABELS
from tests.browser.conftest import EXAMPLES, command_line_scores


@pytest.fixture(scope="module")
def client(server) -> Client:
    return Client(server.address, verbose=False)


@pytest.mark.parametrize("name", ["even.flac", "quiet_and_falling.flac"])
def test_recognize_answers_what_the_command_line_prints(client, server, name):
    answer = client.predict(handle_file(EXAMPLES / name), api_name="/recognize")
    assert answer == command_line_scores(server.checkpoint, EXAMPLES / name) | {"file": name}


def test_phrases_answers_what_the_command_line_prints_with_phrases(client, server):
    answer = client.predict(handle_file(EXAMPLES / "quiet_and_falling.flac"), api_name="/phrases")
    printed = command_line_scores(server.checkpoint, EXAMPLES / "quiet_and_falling.flac", "--phrases")
    assert answer == printed | {"file": "quiet_and_falling.flac"}
    assert answer["phrases"]


def test_phrases_of_a_file_that_is_no_audio_are_an_error_in_the_answer(client, tmp_path):
    (tmp_path / "notes.wav").write_bytes(b"no sound here " * 50)
    answer = client.predict(handle_file(tmp_path / "notes.wav"), api_name="/phrases")
    assert "not a sound file" in answer["error"]
    assert answer["phrases"] == []
    assert str(tmp_path) not in str(answer)


def test_a_file_that_is_no_audio_has_its_error_in_the_answer(client, tmp_path):
    (tmp_path / "notes.wav").write_bytes(b"no sound here " * 50)
    answer = client.predict(handle_file(tmp_path / "notes.wav"), api_name="/recognize")
    assert "not a sound file" in answer["error"]
    assert answer["scores"] is None


def test_many_files_are_answered_one_after_another_and_a_bad_one_does_not_end_the_job(client, tmp_path):
    (tmp_path / "notes.wav").write_bytes(b"no sound here " * 50)
    files = [EXAMPLES / "even.flac", tmp_path / "notes.wav", *[EXAMPLES / "quiet_and_falling.flac"] * 8]
    rows = list(client.submit([handle_file(file) for file in files], api_name="/recognize_many"))
    assert [row["file"] for row in rows] == [file.name for file in files]
    assert "not a sound file" in rows[1]["error"]
    assert rows[0] == client.predict(handle_file(files[0]), api_name="/recognize")
    assert str(tmp_path) not in str(rows)


def test_many_files_are_at_least_one(client):
    with pytest.raises(AppError, match="Send 1 to 1000 files, not 0"):
        client.predict([], api_name="/recognize_many")


def test_every_endpoint_has_a_name_types_and_words(client):
    endpoints = client.view_api(return_format="dict")
    assert list(endpoints["named_endpoints"]) == [
        "/recognize",
        "/recognize_many",
        "/phrases",
        "/clips",
        "/split",
    ]
    assert not endpoints["unnamed_endpoints"]
    parameters = {
        "/recognize": ["file"],
        "/recognize_many": ["files"],
        "/phrases": ["file"],
        "/clips": ["part", "emotion", "actor", "limit", "offset"],
        "/split": ["seed", "folds"],
    }
    for name, endpoint in endpoints["named_endpoints"].items():
        assert [parameter["parameter_name"] for parameter in endpoint["parameters"]] == parameters[name]
        assert len(endpoint["description"]) > 80
        assert len(endpoint["returns"]) == 1
    part = endpoints["named_endpoints"]["/clips"]["parameters"][0]
    assert part["type"]["enum"] == ["train", "val", "test", "all"]


def test_clips_are_what_the_checkpoint_predicted(client, checkpoint):
    rows = pd.read_csv(checkpoint / "predictions.csv", dtype={"actor": str})
    rows = rows[(rows["split"] == "test") & (rows["emotion"] == "HAP")]
    pages = [
        client.predict(emotion="HAP", limit=100, offset=offset, api_name="/clips") for offset in (0, 100, 200)
    ]
    clips = [clip for page in pages for clip in page]
    assert [clip["clip"] for clip in clips] == sorted(rows["clip"])
    scores = rows.set_index("clip")[list(LABELS)].to_dict("index")
    assert all(clip["scores"] == scores[clip["clip"]] for clip in clips)
    assert clips[0]["votes"] is None  # no data set here


def test_with_the_data_set_a_clip_says_how_the_crowd_heard_it(server_with_data):
    (clip,) = Client(server_with_data.address, verbose=False).predict(
        actor="1004", limit=1, api_name="/clips"
    )
    assert set(clip["votes"]) == set(LABELS)
    assert sum(clip["votes"].values()) > 0
    assert clip["sex"] in ("female", "male")


def test_split_42_is_the_split_of_the_checkpoint(client, checkpoint):
    card = json.loads((checkpoint / "card.json").read_text(encoding="utf-8"))
    (split,) = client.predict(seed=card["split"]["seed"], api_name="/split")["splits"]
    assert {part: split[part]["actors"] for part in PARTS} == {part: card["split"][part] for part in PARTS}
    assert split["shared_actors"] == 0


def test_in_k_folds_each_actor_is_tested_once(client):
    answer = client.predict(seed=7, folds=5, api_name="/split")
    tested = [actor for split in answer["splits"] for actor in split["test"]["actors"]]
    assert len(tested) == len(set(tested)) == 91


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("/clips", {"part": "dev"}, "train, val, test or all"),
        ("/clips", {"actor": "../1001"}, "no actor"),
        ("/clips", {"limit": "many"}, "limit must be a whole number"),
        ("/clips", {"offset": 0.5}, "offset must be a whole number"),
        ("/split", {"folds": 1}, "folds"),
        ("/split", {"seed": -1}, "seed must be a whole number"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(client, name, asked, said):
    with pytest.raises(AppError, match=said):
        client.predict(**asked, api_name=name)


def test_the_page_documents_the_endpoints_and_asks_no_other_host(page):
    page.get_by_role("button", name="Use via API").click()
    for name in ("/recognize", "/clips", "/split"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("no actor is in two of them")).to_be_visible()
    expect(page.get_by_text("voice.wav").first).to_be_visible()


def test_a_path_on_the_server_is_no_upload(server):
    # gradio_client would upload the file; an attacker would not.
    own = {"path": str(EXAMPLES / "even.flac"), "meta": {"_type": "gradio.FileData"}}
    call = f"{server.address}/gradio_api/call/recognize"
    answer = httpx.post(call, json={"data": [own]})
    assert answer.status_code == 400
    assert "not served" in answer.json()["detail"]
