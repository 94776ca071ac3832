"""Perceived emotion: the network's estimate, compared with the crowd's votes."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ser import Recognizer
from ser.__main__ import main
from ser.audio.features import N_SAMPLES
from ser.audio.reading import read_audio
from ser.corpus.crema_d import Corpus
from ser.evaluation.crowd import against_votes, divergence
from ser.labels import LABELS
from ser.network.loading import save_checkpoint
from ser.network.model import EmotionNet
from tests.conftest import ROOT

EXAMPLE = ROOT / "ser" / "assets" / "examples" / "quiet_and_falling.flac"

shares = st.lists(st.integers(0, 12), min_size=6, max_size=6).filter(any)


@given(shares, shares)
def test_the_divergence_is_shannons_of_the_mean(one, other):
    p, q = (np.array(counts) / sum(counts) for counts in (one, other))

    def entropy(share):
        return -sum(x * np.log2(x) for x in share if x > 0)

    expected = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    found = divergence(np.array([one]), np.array([other]))[0]
    assert found == pytest.approx(expected, abs=1e-7)
    assert -1e-9 <= found <= 1 + 1e-9


@pytest.fixture(scope="module")
def crowd():
    """What 2000 clips sound like, and ten listeners to each."""
    generator = np.random.default_rng(0)
    true = generator.dirichlet(np.full(6, 0.5), 2000)
    return true, generator.multinomial(10, true)


def test_who_knows_what_clips_sound_like_is_nearer_than_half_of_the_crowd(crowd):
    true, votes = crowd
    figures = against_votes(true, votes=votes, training_votes=votes)
    for kind in ("all", "half"):
        assert figures[kind]["network"] < figures[kind]["training_mean"] < figures[kind]["uniform"] + 0.01
    assert figures["half"]["network"] < figures["half"]["crowd"] < figures["half"]["training_mean"]
    assert figures["clips"] == 2000
    assert figures["votes"] == 10


def test_clips_with_hardly_a_vote_are_left_out(crowd):
    true, votes = crowd
    few = votes.copy()
    few[:500] = 0
    few[:500, 0] = 3
    assert against_votes(true, votes=few, training_votes=votes)["clips"] == 1500
    assert (
        against_votes(true, votes=few, training_votes=votes)["all"]
        == against_votes(true[500:], votes=votes[500:], training_votes=votes)["all"]
    )


@pytest.fixture(scope="module")
def hearing(tmp_path_factory):
    """A recognizer whose network has both answers, and the same without the second; weights are random."""
    folders = []
    for heard in (True, False):
        torch.manual_seed(0)
        both = EmotionNet(heard=True)
        network = both if heard else EmotionNet()
        if not heard:
            weights = both.state_dict()
            network.load_state_dict({name: weights[name] for name in network.state_dict()})
        folder = tmp_path_factory.mktemp("heard")
        card = Recognizer.load().checkpoint.card
        save_checkpoint(
            folder, network=network, card=card | {"network": "emotion", "arguments": network.arguments}
        )
        folders.append(folder)
    return folders


def test_the_second_answer_leaves_the_first_as_it_was(hearing):
    two, one = (Recognizer.load(folder).recognize(EXAMPLE) for folder in hearing)
    assert one.heard is None
    assert two.scores == pytest.approx(one.scores, abs=1e-6)
    assert list(two.heard) == list(LABELS)
    assert sum(two.heard.values()) == pytest.approx(1)
    assert two.heard != two.scores


def test_a_long_recording_is_heard_as_the_mean_of_its_windows(hearing):
    recognizer = Recognizer.load(hearing[0])
    samples = np.tile(read_audio(EXAMPLE).samples, 3)[: 2 * N_SAMPLES]
    found = recognizer.recognize(samples)
    parts = [
        recognizer.recognize(samples[round(w.start_s * 16000) : round(w.end_s * 16000)])
        for w in found.windows
    ]
    mean = np.mean([list(part.heard.values()) for part in parts], axis=0)
    np.testing.assert_allclose(list(found.heard.values()), mean, atol=1e-5)


def test_json_has_both_answers(hearing, capsys):
    for folder in hearing:
        assert main(["recognize", str(EXAMPLE), "--format", "json", "--checkpoint", str(folder)]) == 0
        [found] = json.loads(capsys.readouterr().out)
        assert (found["heard"] is not None) == (folder == hearing[0])


def test_evaluate_holds_it_against_the_crowd(hearing, crema_d, tmp_path, monkeypatch, capsys):
    clips = Corpus(crema_d).modelling
    few = clips[clips["actor"].isin({"1001", "1002"})].groupby("actor").head(4)
    monkeypatch.setattr("ser.evaluation.evaluate.clips_of_split", lambda *_, **__: few)
    out = tmp_path / "rows.csv"
    asked = ["evaluate", "--data", str(crema_d), "--checkpoint", str(hearing[0]), "--out", str(out)]
    assert main([*asked, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["heard"]
    assert figures["clips"] == 8
    assert 0 < figures["half"]["crowd"] < figures["half"]["uniform"] < 1
    assert main(asked) == 0
    assert f"{figures['all']['network']:.3f}" in capsys.readouterr().out
    heard = "SAD,heard_ANG,heard_DIS,heard_FEA,heard_HAP,heard_NEU,heard_SAD,intensity"
    assert out.read_text().splitlines()[0].endswith(heard)
