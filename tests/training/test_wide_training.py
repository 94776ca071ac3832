"""Training of the wide network's head: microphones, encoded clips, batches, and a run that learns, stops and goes on."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from ser.audio.features import N_SAMPLES
from ser.corpus.crema_d import Corpus
from ser.evaluation.enrolment_regimes import Windows
from ser.evaluation.evaluate import evaluate
from ser.evaluation.fusion import SHARES, blended
from ser.evaluation.release import release
from ser.labels import LABELS
from ser.network import encoder_files
from ser.network.checkpoint import DEFAULT_CHECKPOINT, top_db_of
from ser.network.encoder import Encoder
from ser.network.encoder_files import EncoderError, find_encoder
from ser.network.loading import load_checkpoint
from ser.network.wide_head import WideHead
from ser.recognition.recognizer import Recognizer
from ser.training.batches import part_of_corpus, seeded_generator
from ser.training.encoded_clips import EncodedCorpus, Scale
from ser.training.microphones import Microphone
from ser.training.recipes import TrainingOptions, recipe_with
from ser.training.run import train
from ser.training.wide_batches import StepBatches, encoded_batches, style_shift
from ser.training.wide_trainer import GroupedHead, WideTrainer, head_for, step_mask
from tests.helpers.grouped_clips import write_grouped_clips
from tests.helpers.wide_checkpoint import SOURCE, install_encoder

RATE = 16_000


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_grouped_clips(tmp_path_factory.mktemp("data"))


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    install_encoder(tmp_path, monkeypatch)
    monkeypatch.setattr(encoder_files, "PUBLISHED", SOURCE)
    return Encoder(find_encoder(SOURCE))


@pytest.fixture
def encode(data, encoder, tmp_path):
    corpus = Corpus(data)
    clips = part_of_corpus(corpus, split=corpus.split(), part="train")

    def encode(folder="encoded", **options):
        options = {"versions": 3, "clips": clips} | options
        return EncodedCorpus(
            corpus, encoder=encoder, encoder_id=SOURCE.sha256, folder=tmp_path / folder, **options
        )

    encode.clips = clips
    return encode


# ---- microphones


def tone(hz: float, n: int = RATE) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * hz * np.arange(n) / RATE)).astype(np.float32)


def heard(microphone: Microphone, samples: np.ndarray, seed: int = 0) -> np.ndarray:
    return microphone.record(
        samples, generator=np.random.default_rng(seed), voices=[np.random.default_rng(1).normal(size=9000)]
    )


FLAT = Microphone((0.0,) * 7)


def test_a_plain_microphone_changes_only_the_last_bits():
    samples = tone(440)
    assert np.abs(heard(FLAT, samples) - samples).max() < 0.1 * 2**-8


@pytest.mark.parametrize(("hz", "passes"), [(100, False), (1000, True), (6000, False)])
def test_a_line_passes_its_band_alone(hz, passes):
    power = np.square(heard(replace(FLAT, band_hz=(300.0, 3400.0)), tone(hz))).mean()
    loss_db = 10 * np.log10(np.square(tone(hz)).mean() / power)
    assert loss_db < 1 if passes else loss_db > 20


@pytest.mark.parametrize("change", [{"noise": (0.5, 10.0)}, {"babble_db": 10.0}])
def test_noise_has_the_ratio_asked_for(change):
    samples = tone(440)
    noise = heard(replace(FLAT, **change), samples) - samples
    assert 10 * np.log10(np.square(samples).mean() / np.square(noise).mean()) == pytest.approx(10, abs=0.3)


def test_a_room_goes_on_sounding_and_another_speed_shifts_the_pitch():
    click = np.zeros(RATE, np.float32)
    click[4000] = 0.5
    tail = heard(replace(FLAT, room=(0.5, 1.0, 3)), click)
    energy = [np.square(tail[4000 + start : 5600 + start]).sum() for start in (0, 1600, 3200, 4800)]
    assert energy == sorted(energy, reverse=True)
    assert 10 * np.log10(energy[1] / energy[3]) == pytest.approx(24, abs=6)  # 60 dB in 0.5 s, 0.2 s apart
    fast = heard(replace(FLAT, speed=1.25), tone(400, 20_000))
    assert len(fast) == 16_000
    assert np.abs(np.fft.rfft(fast)).argmax() == pytest.approx(500, abs=1)


def test_the_same_generator_gives_the_same_microphone_and_another_one_another():
    one, same, other = (Microphone.draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same != other
    clip = tone(300)
    assert np.array_equal(heard(one, clip), heard(same, clip))


# ---- encoded clips


def test_the_first_version_is_what_the_recognizer_would_hear(data, encode, encoder):
    from ser.audio.reading import load_audio
    from ser.audio.voice import between, speech_edges
    from ser.network.encoder import encoder_log_mel

    encoded = encode()
    samples = load_audio(Corpus(data).path(encode.clips.index[5]))
    start, end = speech_edges(samples)
    expected = encoder(encoder_log_mel(between(samples, start=start, end=end)[:N_SAMPLES]))
    steps = encoded.scale.restored(encoded.versions[0].of(5).numpy())
    expected = expected.swapaxes(0, 1).reshape(len(steps), -1).clip(-encoded.scale.limit, encoded.scale.limit)
    assert np.abs(steps - expected).max() <= (encoded.scale.limit / 254).max() * 1.01


def test_versions_differ_and_are_read_back_unless_the_clips_changed(encode, monkeypatch):
    first = encode()
    assert len({version.steps.numpy().tobytes() for version in first.versions}) == 3
    assert sum(first.versions[1].lengths).item() == len(first.versions[1].steps)
    monkeypatch.setattr(Encoder, "__call__", lambda *_: pytest.fail("encoded again"))
    again = encode()
    assert all(
        torch.equal(one.steps, other.steps) for one, other in zip(first.versions, again.versions, strict=True)
    )
    with pytest.raises(pytest.fail.Exception):
        encode(clips=encode.clips[:-1])
    with pytest.raises(pytest.fail.Exception):
        encode(seed=1)


def test_a_version_that_was_cut_short_is_made_again(encode, tmp_path):
    encode()
    file = tmp_path / "encoded" / "version-1.int8"
    content = file.read_bytes()
    file.write_bytes(content[:-64])
    assert encode().versions[1].steps.numpy().tobytes() == content


# ---- batches


def batches(encode, **options) -> StepBatches:
    options = {"speakers": 3, "per_speaker": 4, "mixup": 1.0, "seed": 0, "views": 2} | options
    return StepBatches(encode(), table=encode.clips, **options)


def test_a_batch_holds_groups_of_speakers_in_two_versions(encode):
    made = batches(encode)
    groups = made.groups.order(0)[0]
    batch = made.make(groups, seeded_generator(0))
    n = 2 * groups.size
    assert len(batch.lengths) == len(batch.acted) == len(batch.share) == n
    assert int(batch.lengths.sum()) == len(batch.steps)
    assert torch.equal(batch.acted[: n // 2], batch.acted[n // 2 :])
    assert torch.equal(batch.takes[:3], batch.takes[3:])
    assert torch.equal(batch.other // 4, torch.arange(n) // 4)  # blended within a speaker
    labels = [LABELS.index(encode.clips["emotion"].iloc[clip]) for clip in groups.ravel()]
    assert batch.acted[: n // 2].argmax(1).tolist() == labels
    again = made.make(groups, seeded_generator(0))
    assert all(torch.equal(one, other) for one, other in zip(batch, again, strict=True))


def test_a_shift_is_the_same_for_all_clips_of_a_speaker():
    statistics = torch.randn(80, 10, generator=seeded_generator(0))
    shift = style_shift(statistics, speakers=20, generator=seeded_generator(1)).view(20, 4, 5)
    assert torch.equal(shift, shift[:, :1].expand_as(shift))
    assert 0 < (shift.abs().sum((1, 2)) > 0).sum() < 20  # about half of the speakers


def test_training_sees_what_the_released_head_will_see(encode):
    """Projecting 8-bit steps gives the embedding of the standardised ones."""
    made = batches(encode, mixup=0.0)
    batch = made.make(made.groups.order(0)[0], seeded_generator(0))
    batch = batch._replace(
        statistics=batch.statistics - torch.nn.functional.pad(batch.shift, (0, batch.shift.shape[1])),
        shift=torch.zeros_like(batch.shift),
    )
    scale = encode().scale
    grouped = GroupedHead(head_for(scale)).eval()
    hidden = torch.zeros(len(batch.lengths), int(batch.lengths.max()), dtype=torch.bool)
    acted, _ = grouped(batch._replace(takes=torch.zeros_like(batch.takes)), hidden)
    steps = torch.nn.utils.rnn.pad_sequence(
        [
            torch.from_numpy(scale.restored(part.numpy()))
            for part in batch.steps.split(batch.lengths.tolist())
        ],
        batch_first=True,
    )
    assert torch.allclose(grouped.released()(steps, batch.lengths), acted, atol=1e-4)


def test_masks_stay_within_the_clips():
    lengths = torch.tensor([10, 100, 55])
    hidden = step_mask(lengths, generator=seeded_generator(0))
    assert hidden.shape == (3, 100)
    assert not hidden[0, 10:].any()
    assert 0 < hidden.sum() <= 0.4 * lengths.sum()


def test_a_step_teaches(encode):
    made = batches(encode)
    recipe = recipe_with("wide", batch_size=12, epochs=4)
    recipe = replace(recipe, speakers=3, learning_rate=5e-3)
    torch.manual_seed(0)
    trainer = WideTrainer(recipe, steps_per_epoch=10, scale=encode().scale)
    batch = made.make(made.groups.order(0)[0], seeded_generator(0))
    losses = [trainer.step(batch, n_clips=12, generator=seeded_generator(step)) for step in range(40)]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


def test_validation_clips_come_in_order_and_as_they_are(encode):
    encoded, labels = encode(), torch.arange(len(encode.clips)) % 6
    together = list(encoded_batches(encoded, labels))
    assert torch.cat([batch.labels for batch in together]).tolist() == labels.tolist()
    assert torch.cat([batch.lengths for batch in together]).equal(encoded.versions[0].lengths)


def test_the_scale_covers_what_it_was_measured_on():
    steps = np.random.default_rng(0).normal(3, 2, (1000, 4)).astype(np.float32)
    scale = Scale.of(iter([steps[:400], steps[400:]]))
    assert scale.mean == pytest.approx([3] * 4, abs=0.3)
    assert np.abs(scale.restored(scale.quantised(steps)) - steps).max() <= scale.limit.max() / 250


# ---- runs


def options(data, out, **changes) -> TrainingOptions:
    recipe = replace(recipe_with("wide", epochs=2, batch_size=12), speakers=3, versions=2)
    return TrainingOptions(recipe=recipe, data=data, out=out, precision="float32", **changes)


def test_a_run_writes_a_checkpoint_that_scores_and_goes_on_exactly_where_it_stopped(
    data, encoder, tmp_path, monkeypatch
):
    card = train(options(data, tmp_path / "whole", encoded=tmp_path / "encoded"))
    assert card["network"] == "wide"
    assert card["encoder"]["sha256"] == SOURCE.sha256
    assert (tmp_path / "encoded" / "train" / "version-1.int8").is_file()

    from ser.training.run import Run

    stopped = Run(options(data, tmp_path / "stopped"))
    stopped.load_data()
    stopped.start()
    stopped.run_epoch(0)
    train(options(data, tmp_path / "stopped", resume=True))
    assert not (tmp_path / "stopped" / "encoded").exists()
    whole, resumed = (load_checkpoint(tmp_path / name).network.state_dict() for name in ("whole", "stopped"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    scores = Recognizer.load(tmp_path / "whole").recognize("ser/assets/examples/even.flac").scores
    assert sum(scores.values()) == pytest.approx(1)


def test_without_the_encoder_a_run_says_how_to_get_it(data, tmp_path, monkeypatch):
    monkeypatch.setenv(encoder_files.DATA_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(EncoderError, match="wide install"):
        train(options(data, tmp_path / "run"))


def test_the_encoder_can_be_installed_before_there_is_a_head(encoder, tmp_path, monkeypatch, capsys):
    from ser.__main__ import main
    from ser.network import checkpoint

    monkeypatch.setattr(checkpoint, "WIDE_CHECKPOINT", tmp_path / "no-head")
    assert main(["wide", "install"]) == 0
    assert "train --network wide" in capsys.readouterr().out
    assert main(["wide", "status"]) == 0
    assert "present" in capsys.readouterr().out


def test_some_speakers_are_answered_by_one_branch_alone():
    grouped = GroupedHead(WideHead(inputs=4, width=4, hidden=2, direct=3)).train()
    torch.manual_seed(0)
    seen = grouped.thinned(torch.ones(2000 * 8, 11), clips=8)
    rows = [tuple(row) for row in seen.unique(dim=0).tolist()]
    recurrent, direct = (2.0,) * 8 + (0.0,) * 3, (0.0,) * 8 + (2.0,) * 3
    assert sorted(rows) == sorted([recurrent, direct, (1.0,) * 11])
    assert seen.mean(0) == pytest.approx(torch.ones(11), abs=0.05)  # in the mean, as when the network is used
    by_speaker = seen.view(2000, 8, 11)
    assert (by_speaker == by_speaker[:, :1]).all()  # a zero point is of one kind of embedding
    grouped.eval()
    assert (grouped.thinned(torch.ones(8, 11), clips=8) == 1).all()


@pytest.mark.parametrize("many", [1, 1000], ids=["by processes", "by threads"])
def test_release_chooses_the_share_of_the_small_network_on_validation(
    data, encoder, tmp_path, monkeypatch, many
):
    monkeypatch.setattr("ser.recognition.bulk.MANY_FILES", many)
    monkeypatch.setattr("ser.evaluation.fusion.SHARES", SHARES[1:])  # so that there is a fusion
    train(options(data, tmp_path / "run"))
    text = release(data, run=tmp_path / "run", out=tmp_path / "wide")
    rows = [line.split() for line in text.splitlines() if re.match(r"\d\.\d\d  ", line)]
    assert [float(row[0]) for row in rows] == [round(share, 2) for share in SHARES[1:]]
    means = [np.mean([float(uar) for uar in row[1:4]]) for row in rows]
    (chosen,) = (i for i, row in enumerate(rows) if row[-1] == "chosen")
    assert means[chosen] == pytest.approx(max(means), abs=1e-3)
    card = load_checkpoint(tmp_path / "wide").card
    assert card["fusion"]["acted"] == pytest.approx([1 - SHARES[1 + chosen], SHARES[1 + chosen]])
    assert card["features"]["top_db"] == top_db_of(load_checkpoint(DEFAULT_CHECKPOINT))
    monkeypatch.setattr("ser.recognition.bulk.MANY_FILES", 1000)
    again = evaluate(data, checkpoint=tmp_path / "wide", split="val")
    assert card["metrics"]["val"] == {key: value for key, value in again.items() if key != "checkpoint"}


def test_fused_logits_are_those_of_both_without_their_means():
    own, other = np.array([[1.0, 0, 0, 0, 0, 5]]), np.array([[9.0, 3, 3, 3, 3, 3]])
    windows = [Windows(logits, np.zeros(1, int), np.zeros(1, int), np.zeros(1)) for logits in (own, other)]
    expected = [0.75 * (one - 1) + 0.25 * (two - 4) for one, two in zip(own[0], other[0], strict=True)]
    assert blended(windows[0], other=windows[1], share=0.25).logits[0] == pytest.approx(expected)
