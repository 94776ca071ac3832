"""Explanations mark the parts whose removal lowers the score."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from ser.__main__ import main
from ser.audio.features import N_FRAMES, N_MELS, N_SAMPLES
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.evaluation.explain_check import format_check, grad_cam, top_share, with_random_weights
from ser.labels import LABELS
from ser.network.inputs import Inputs
from ser.recognition.explain import ScoredWindow, importance, log_scores, scored_window, why
from ser.recognition.recognizer import Recognizer
from tests.conftest import ROOT

EXAMPLE = ROOT / "ser" / "assets" / "examples" / "bright_and_lively.flac"


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


@pytest.fixture(scope="module")
def samples():
    return load_audio(EXAMPLE)[:N_SAMPLES]


class PatchListener(torch.nn.Module):
    """Scores "happy" by the level of a single patch of the window."""

    ignores_padding = False

    def forward(self, x, lengths):
        logits = torch.zeros(len(x), len(LABELS))
        logits[:, LABELS.index("HAP")] = x[:, 0, 32:48, 64:80].mean((1, 2))
        return logits

    answers = forward


def test_the_patch_that_a_network_listens_to_is_what_is_marked(recognizer):
    listener = Recognizer(replace(recognizer.checkpoint, network=PatchListener()))
    cells = torch.rand(1, 1, N_MELS, N_FRAMES, generator=torch.Generator().manual_seed(0)).numpy()
    scored = ScoredWindow(Inputs(cells, np.array([N_FRAMES]), bands=np.zeros((1, 32))), 0)
    marked = importance(listener, scored=scored, emotion=LABELS.index("HAP"))
    assert marked.shape == (N_MELS, N_FRAMES)
    assert marked[26:54, 58:86].sum() > 0.9 * marked.sum()  # a Gaussian blurs the edges
    assert marked[:, 110:].max() == 0


def test_hiding_what_is_marked_takes_more_of_the_score_than_hiding_as_much_elsewhere(recognizer, samples):
    scored = scored_window(recognizer, samples)
    top = int(log_scores(recognizer, inputs=scored.inputs).argmax())
    marked = top_share(importance(recognizer, scored=scored, emotion=top)[:, : scored.frames])
    moved = np.roll(marked, (N_MELS // 2, scored.frames // 2), (0, 1))

    def score_without(flags: np.ndarray) -> float:
        mask = np.zeros((1, N_MELS, N_FRAMES), bool)
        mask[0, :, : scored.frames] = flags
        return float(np.exp(log_scores(recognizer, inputs=scored.inputs.hiding(mask, fill=0))[0, top]))

    whole = float(np.exp(log_scores(recognizer, inputs=scored.inputs)[0, top]))
    assert whole - score_without(marked) > 2 * (whole - score_without(moved))


def test_the_map_and_its_curve_are_placed_in_the_window(recognizer, samples):
    silence = np.zeros(SAMPLE_RATE, np.float32)
    late = np.concatenate([silence, samples])[:N_SAMPLES]
    reason = why(recognizer, samples=late, start=0, emotion="HAP")
    assert reason.map.shape == (N_MELS, N_FRAMES)
    assert reason.curve.shape == (N_FRAMES,)
    assert reason.map.min() >= 0
    assert reason.map.max() == reason.curve.max() == 1
    np.testing.assert_allclose(reason.curve, reason.map.sum(0) / reason.map.sum(0).max(), rtol=1e-5)


def test_no_frame_behind_the_sound_is_marked(recognizer, samples):
    short = samples[:SAMPLE_RATE]
    reason = why(recognizer, samples=short, start=0, emotion="ANG")
    assert reason.curve[-(-SAMPLE_RATE // 256) + 1 :].max() == 0


def test_silence_has_no_reason(recognizer):
    reason = why(recognizer, samples=np.zeros(N_SAMPLES, np.float32), start=0, emotion="SAD")
    assert np.isfinite(reason.map).all()
    assert reason.map.max() == reason.curve.max() == 0


@pytest.mark.parametrize("start", [-1, N_SAMPLES * 10])
def test_a_start_outside_the_sound_is_refused(recognizer, samples, start):
    with pytest.raises(ValueError, match=f"start is {start}, expected 0 to"):
        why(recognizer, samples=samples, start=start, emotion="SAD")


def test_grad_cam_finds_where_a_convolution_saw_something(recognizer, samples):
    scored = scored_window(recognizer, samples)
    marked = grad_cam(recognizer, scored=scored, emotion=0)
    assert marked.shape == (N_MELS, N_FRAMES)
    assert marked.min() >= 0
    assert marked[:, scored.frames :].sum() == 0
    assert not np.array_equal(marked, grad_cam(recognizer, scored=scored, emotion=3))


def test_grad_cam_is_the_same_where_threads_share_a_network(recognizer, samples):
    scored = [scored_window(recognizer, samples[start:]) for start in (0, 4000, 8000, 12000)]
    alone = [grad_cam(recognizer, scored=window, emotion=0) for window in scored]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda window: grad_cam(recognizer, scored=window, emotion=0), scored * 3))
    for place, found in enumerate(together):
        np.testing.assert_array_equal(found, alone[place % 4])


def test_weights_drawn_anew_leave_the_checkpoint_as_it_was(recognizer):
    before = {name: value.clone() for name, value in recognizer.network.state_dict().items()}
    state = torch.get_rng_state()
    stranger = with_random_weights(recognizer, 0).network.state_dict()
    after = recognizer.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(state, torch.get_rng_state())
    changed = [name for name, value in stranger.items() if not torch.equal(value, before[name])]
    assert {name.rpartition(".")[2] for name in changed} >= {"weight", "bias"}


@pytest.mark.slow
def test_the_command_measures_it_on_real_clips(crema_d, capsys):
    assert main(["explain", "--data", str(crema_d), "--clips", "4", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["clips"] == 4
    for fill in ("floor", "mean"):
        falls = {name: found["value"] for name, found in result["falls"][fill].items()}
        assert falls["marked"] > falls["moved"]
        gain = result["advantages"][fill]["marked"]
        assert gain["value"] == pytest.approx(falls["marked"] - falls["moved"])
        assert gain["low"] <= gain["value"] <= gain["high"]
    assert "4 clips of the validation actors" in format_check(result)
