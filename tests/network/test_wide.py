"""The wide network: its head, its runtime, its fusion with the small one, and everything that takes a checkpoint."""

import json

import numpy as np
import pytest
import soundfile
import torch

from ser.__main__ import main
from ser.adaptation.clips import Clip
from ser.adaptation.learn import learn
from ser.audio.features import N_FRAMES, N_MELS, N_SAMPLES
from ser.audio.reading import load_audio
from ser.evaluation.explain_check import grad_cam
from ser.labels import LABELS
from ser.network.card import differences
from ser.network.checkpoint import (
    DEFAULT_CHECKPOINT,
    CheckpointError,
    checkpoint_id,
    open_checkpoint,
    write_card,
)
from ser.network.encoder_files import EncoderError, remove
from ser.network.inputs import prepare_inputs
from ser.network.loading import load_checkpoint
from ser.network.runtime import open_runtime
from ser.network.wide_head import WideHead
from ser.network.wide_runtime import OnnxHead, TorchHead
from ser.recognition import bulk
from ser.recognition.bulk import recognize_all
from ser.recognition.explain import scored_window, why
from ser.recognition.live import LiveScorer
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile, ProfileError
from tests.conftest import ROOT
from tests.helpers.wide_checkpoint import SOURCE, install_encoder, small_head, write_checkpoint

EXAMPLES = sorted((ROOT / "ser" / "assets" / "examples").glob("*.flac"))
SAMPLES = load_audio(EXAMPLES[0])


@pytest.fixture(scope="module", autouse=True)
def _installed(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        install_encoder(tmp_path_factory.mktemp("user"), environment)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    zero_point = json.loads((DEFAULT_CHECKPOINT / "card.json").read_text())["zero_point"]
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "wide", zero_point=zero_point)


@pytest.fixture(scope="module")
def recognizer(folder) -> Recognizer:
    return Recognizer.load(folder)


# --- the head


def test_the_head_is_small():
    assert sum(parameter.numel() for parameter in WideHead().parameters()) <= 2_000_000


def test_padding_says_nothing_to_the_head():
    head = small_head()
    steps = torch.randn(3, 60, 32, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([60, 31, 1])
    with torch.inference_mode():
        together = head.answers(steps, lengths)
        alone = [head.answers(steps[i : i + 1, :n], lengths[i : i + 1]) for i, n in enumerate(lengths)]
    assert together.shape == (3, 12)
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


def test_a_number_out_of_range_does_not_drown_the_others():
    head = small_head()
    head.limit.fill_(3.0)
    steps = torch.randn(1, 40, 32).clamp(-2, 2)
    loud = steps.clone()
    loud[0, 5, 7] = 1e9
    loud_but_limited = steps.clone()
    loud_but_limited[0, 5, 7] = 3.0
    with torch.inference_mode():
        scores = [head(x, torch.tensor([40])) for x in (loud, loud_but_limited)]
    torch.testing.assert_close(*scores)


@pytest.mark.slow
@pytest.mark.parametrize("heard", [False, True])
def test_onnx_runtime_computes_what_pytorch_does(tmp_path, heard):
    from ser.network.onnx_export import add_onnx

    folder = write_checkpoint(tmp_path / "wide", heard=heard)
    add_onnx(folder)
    by_onnx, by_torch = Recognizer.load(folder), Recognizer(load_checkpoint(folder))
    assert isinstance(by_onnx.runtime.head, OnnxHead)
    assert isinstance(by_torch.runtime.head, TorchHead)
    for samples in (*map(load_audio, EXAMPLES), SAMPLES[:3000]):
        ours, theirs = by_onnx.recognize(samples), by_torch.recognize(samples)
        assert ours.scores == pytest.approx(theirs.scores, abs=1e-4)
        assert (ours.heard is not None) == heard
    (folder / "network.onnx").write_bytes(b"of another network")
    assert isinstance(open_runtime(open_checkpoint(folder)).head, TorchHead)


# --- the runtime


def test_a_window_scores_the_same_alone_and_in_company(recognizer):
    runtime = recognizer.runtime
    noise = np.random.default_rng(0).normal(size=(8, N_SAMPLES)).astype(np.float32)
    inputs = runtime.inputs([samples[: 1 + 6500 * i] for i, samples in enumerate(noise)])
    alone = np.concatenate([runtime(inputs.part(slice(i, i + 1))) for i in range(8)])
    np.testing.assert_allclose(runtime(inputs), alone, atol=1e-5)


def test_silence_before_and_loudness_change_little(recognizer):
    scores = recognizer.recognize(SAMPLES).scores
    later = np.concatenate([np.zeros(20_000, np.float32), SAMPLES / 3])
    assert recognizer.recognize(later).scores == pytest.approx(scores, abs=0.02)


@pytest.mark.parametrize("samples", [np.zeros(N_SAMPLES, np.float32), SAMPLES[:1], np.ones(800, np.float32)])
def test_silence_and_a_single_sample_get_scores_too(recognizer, samples):
    scores = recognizer.recognize(samples).scores
    assert sum(scores.values()) == pytest.approx(1)


def test_what_is_hidden_is_hidden_from_the_encoder_too():
    inputs = prepare_inputs(
        [np.random.default_rng(0).normal(size=32_000).astype(np.float32)], for_encoder=True
    )
    masks = np.zeros((3, N_MELS, N_FRAMES), bool)
    masks[1, 64:, 50:75] = masks[2] = True
    whole, patch, everything = inputs.hiding(masks, fill=1).encoder
    np.testing.assert_array_equal(whole, inputs.encoder[0])
    assert np.unique(everything).tolist() == [pytest.approx(whole.mean(), abs=1e-5)]
    changed = patch != whole
    # Frames 50 to 75 of 16 ms are 80 to 120 of 10 ms; the upper half of 128 bands is that of 80.
    assert changed[41:, 82:118].all()
    assert not changed[:39].any()
    assert not changed[:, :78].any()
    assert not changed[:, 122:].any()


# --- the fusion


def fusion(**changes) -> dict:
    name = checkpoint_id(DEFAULT_CHECKPOINT)
    return {"checkpoint": name, "acted": [0.7, 0.4], "heard": [0, 1]} | changes


def test_fused_logits_are_the_weighted_sum_of_both(folder, tmp_path, recognizer):
    fused = Recognizer.load(write_checkpoint(tmp_path / "wide", fusion=fusion()))
    small = Recognizer.load()
    logits = [who.window_answers(SAMPLES).logits for who in (fused, recognizer, small)]
    together, own, other = (one - one.mean(axis=1, keepdims=True) for one in logits)
    np.testing.assert_allclose(together, 0.7 * own + 0.4 * other, atol=1e-4)
    assert fused.recognize(SAMPLES).heard == pytest.approx(small.recognize(SAMPLES).heard, abs=1e-5)


def test_the_small_network_has_to_be_the_one_it_was_fused_with(tmp_path):
    folder = write_checkpoint(tmp_path / "wide", fusion=fusion(checkpoint="emotion-0123456789ab"))
    with pytest.raises(
        CheckpointError, match="works together with emotion-0123456789ab, which is not there: copy"
    ):
        Recognizer.load(folder)


def test_a_wide_network_is_not_fused_with_itself(tmp_path):
    folder = write_checkpoint(tmp_path / "wide")
    card = open_checkpoint(folder).card
    write_card(folder, card | {"fusion": fusion(checkpoint=checkpoint_id(folder))})
    with pytest.raises(CheckpointError, match="fused with another wide one"):
        Recognizer.load(folder)


# --- what a card may say


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"encoder": None}, "encoder is not in the form"),
        ({"fusion": {}}, "fusion is not in the form"),
        ({"fusion": fusion(checkpoint="../emotion-0123456789ab")}, "fusion is not in the form"),
        ({"fusion": fusion(acted=[1])}, "fusion is not in the form"),
        ({"fusion": fusion(heard=[1, float("nan")])}, "fusion is not in the form"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder, change, problem):
    card = open_checkpoint(folder).card
    assert differences(card) == []
    (found,) = differences(card | change)
    assert found.startswith(problem)


def test_a_wide_card_names_its_encoder(folder):
    card = open_checkpoint(folder).card
    assert differences({key: value for key, value in card.items() if key != "encoder"}) == [
        "it has no encoder"
    ]


def test_a_head_for_another_encoder_is_refused_with_a_sentence(folder, tmp_path):
    card = open_checkpoint(folder).card
    other = tmp_path / "wide"
    other.mkdir()
    write_card(other, card | {"arguments": card["arguments"] | {"inputs": 1536}})
    with pytest.raises(
        CheckpointError, match=r"gives 32 numbers a step, but the network in .* reads 1536: restore"
    ):
        Recognizer.load(other)


# --- everything that takes a checkpoint


def test_without_the_encoder_a_sentence_says_how_to_get_it(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_LISTENER_DATA", str(tmp_path))
    assert main(["recognize", str(EXAMPLES[0]), "--checkpoint", str(folder)]) == 1
    message = capsys.readouterr().err
    assert "run `python -m ser wide install` once" in message
    assert message.count("\n") == 1
    assert not remove(SOURCE)


def test_the_command_scores_with_it(folder, capsys):
    arguments = ["recognize", *map(str, EXAMPLES[:2]), "--checkpoint", str(folder), "--format", "json"]
    assert main(arguments) == 0
    results = json.loads(capsys.readouterr().out)
    assert [set(result["scores"]) for result in results] == [set(LABELS)] * 2


def test_other_processes_score_alike(recognizer):
    files = [str(file) for file in EXAMPLES[:3]]
    here, elsewhere = (list(recognize_all(recognizer, files=files, jobs=jobs)) for jobs in (None, 2))
    for one, other in zip(elsewhere, here, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-6)


def test_reasons_are_given(recognizer):
    top = recognizer.recognize(SAMPLES).top
    reason = why(recognizer, samples=SAMPLES, start=0, emotion=top)
    assert reason.map.shape == (N_MELS, N_FRAMES)
    assert reason.curve.max() == 1
    cam = grad_cam(
        recognizer, scored=scored_window(recognizer, SAMPLES[:N_SAMPLES]), emotion=LABELS.index(top)
    )
    assert cam.shape == (N_MELS, N_FRAMES)
    assert cam.min() >= 0


def test_a_profile_belongs_to_its_network(recognizer):
    take = recognizer.recognize(SAMPLES)
    profile = Profile(recognizer.checkpoint_id).with_take(list(take.logits))
    known = recognizer.recognize(SAMPLES, profile=profile)
    assert known.scores != take.scores
    with pytest.raises(ProfileError, match="was made with the network wide-"):
        Recognizer.load().recognize(SAMPLES, profile=profile)


def test_live_readings_come_from_it(recognizer):
    live = LiveScorer(recognizer)
    sound = np.concatenate([SAMPLES, SAMPLES])[: 2 * N_SAMPLES]
    readings = [
        live.feed(16_000, chunk) for chunk in np.split(sound[: len(sound) // 1600 * 1600], len(sound) // 1600)
    ]
    voiced = [reading for reading in readings if reading and reading.scores]
    assert len(voiced) >= 2


def test_the_error_says_where_the_encoder_is_missing(folder, tmp_path, monkeypatch):
    source = bulk._Source(folder, "", "{}")
    monkeypatch.setenv("EMOTION_LISTENER_DATA", str(tmp_path))
    bulk._load.cache_clear()
    with pytest.raises(EncoderError, match=r"On the machine of a worker: .* is not installed"):
        bulk._load(source)


def test_it_scores_long_recordings_and_learns_a_room(recognizer, tmp_path):
    long = np.tile(SAMPLES, 1 + 4 * N_SAMPLES // len(SAMPLES))
    assert len(recognizer.recognize(long).windows) > 3
    assert len(recognizer.recognize_phrases(long)) > 1
    for i in range(12):
        soundfile.write(tmp_path / f"{i}.wav", np.roll(SAMPLES, 100 * i) * 0.9**i, 16_000)
    learned = learn(recognizer, clips=[Clip(file) for file in sorted(tmp_path.glob("*.wav"))])
    adapted = recognizer.adapted(learned.adaptation)
    assert adapted.checkpoint_id.startswith(f"{recognizer.checkpoint_id}+")
    assert adapted.recognize(SAMPLES).scores != recognizer.recognize(SAMPLES).scores
