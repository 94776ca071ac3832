"""Every condition changes speech as its name says, by measurement."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch

from ser.__main__ import main
from ser.audio.reading import SAMPLE_RATE, load_audio
from ser.audio.voice import find_voice
from ser.corpus.crema_d import Corpus, CorpusError
from ser.evaluation.conditions import (
    CLEAN,
    CODECS,
    conditions,
    evaluate_conditions,
    format_conditions,
    generator_of,
    speech_of,
    tilted_noise,
    training_voices,
)
from ser.evaluation.metrics import metrics
from ser.labels import LABELS
from ser.network.loading import save_checkpoint
from ser.network.model import NETWORKS
from ser.recognition.recognizer import Recognizer

NAMES = (
    *("clean", "microphone 6 dB", "microphone 12 dB", "telephone", "low-pass 4 kHz"),
    *("room 0.3 s", "room 0.8 s", "white 20 dB", "white 10 dB", "white 5 dB"),
    *("pink 20 dB", "pink 10 dB", "pink 5 dB", "babble 20 dB", "babble 10 dB", "babble 5 dB"),
    *("gated", "gain +20 dB", "gain -20 dB", "clipped"),
    *("MP3 32 kbit/s", "Opus 12 kbit/s", "AAC 24 kbit/s"),
    *("silence 0.5 s", "silence 2.0 s", "room tone 0.5 s", "room tone 2.0 s"),
    *("cut at 1 s", "tempo 0.8", "tempo 1.25"),
)
OTHER_LENGTH = {"silence", "room tone", "cut at", "tempo"}


@pytest.fixture(scope="module")
def examples(request) -> list[np.ndarray]:
    folder = request.config.rootpath / "ser" / "assets" / "examples"
    return [soundfile.read(path, dtype="float32")[0] for path in sorted(folder.glob("*.flac"))]


@pytest.fixture(scope="module")
def table(examples):
    return conditions(examples[1:])


@pytest.fixture
def distort(table):
    return lambda name, samples, clip="clip": table[name](samples, generator_of(clip, name))


@pytest.fixture
def speech(examples) -> np.ndarray:
    return examples[0].copy()


def level_db(samples: np.ndarray, low: float, high: float) -> float:
    """Energy between two frequencies in dB."""
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    return 10 * np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-20)


def lag(samples: np.ndarray, later: np.ndarray) -> int:
    """By how many samples `later` lies behind."""
    n = 2 * max(len(samples), len(later))
    found = int(np.fft.irfft(np.fft.rfft(samples, n).conj() * np.fft.rfft(later, n), n).argmax())
    return found - n if found > n // 2 else found


def test_the_table_holds_what_is_asked_for(table):
    assert tuple(table) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_condition_is_the_same_again_and_leaves_the_clip_alone(name, distort, speech):
    before = speech.copy()
    first, second = distort(name, speech), distort(name, speech)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(speech, before)
    assert first.dtype == np.float32
    assert first.ndim == 1
    assert np.isfinite(first).all()
    assert np.abs(first).max() > 0.02
    if not any(name.startswith(other) for other in OTHER_LENGTH):
        assert len(first) == len(speech)
        assert lag(speech, first) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 500, 4000])
@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
def test_every_condition_bears_silence_and_short_clips(name, n, distort, speech):
    for samples in (np.zeros(n, np.float32), speech[8000 : 8000 + n]):
        assert np.isfinite(distort(name, samples)).all()


def test_another_clip_meets_another_noise_microphone_and_room(distort, speech):
    for name in ("white 10 dB", "babble 10 dB", "microphone 6 dB", "room 0.3 s"):
        assert not np.array_equal(distort(name, speech, "one"), distort(name, speech, "two"))


@pytest.mark.parametrize("depth_db", [6, 12])
def test_a_microphone_raises_or_lowers_by_at_most_its_decibels(depth_db, distort):
    impulse = np.zeros(SAMPLE_RATE, np.float32)
    impulse[SAMPLE_RATE // 2] = 1
    for clip in "abcdefgh":
        gain_db = 20 * np.log10(np.abs(np.fft.rfft(distort(f"microphone {depth_db} dB", impulse, clip))))
        heard = gain_db[63:8000]
        assert np.abs(heard).max() == pytest.approx(depth_db, rel=0.06)
        assert np.abs(np.diff(heard)[200:]).max() < 0.2  # smooth: no step from one hertz to the next


def test_the_telephone_passes_300_to_3400_hz(distort, speech):
    line = distort("telephone", speech)
    assert level_db(line, 350, 3300) == pytest.approx(level_db(speech, 350, 3300), abs=0.2)
    assert level_db(line, 0, 150) < level_db(speech, 0, 150) - 20
    assert level_db(line, 3600, 8000) < level_db(speech, 3600, 8000) - 25


def test_the_low_pass_leaves_nothing_above_4_khz(distort, speech):
    low = distort("low-pass 4 kHz", speech)
    assert level_db(low, 0, 3900) == pytest.approx(level_db(speech, 0, 3900), abs=0.1)
    assert level_db(low, 4200, 8000) < level_db(speech, 4200, 8000) - 30


@pytest.mark.parametrize("rt60_s", [0.3, 0.8])
def test_a_room_dies_away_in_its_time_and_is_as_loud_as_the_voice(rt60_s, distort):
    impulse = np.zeros(2 * SAMPLE_RATE, np.float32)
    impulse[0] = 1
    response = distort(f"room {rt60_s} s", impulse).astype(np.float64)
    left = np.cumsum(np.square(response)[::-1])[::-1]  # Schroeder's backward integration
    decay_db = 10 * np.log10(left[1:] / left[1] + 1e-12)
    start, end = (int(np.argmax(decay_db < db)) for db in (-5, -25))
    assert 3 * (end - start) / SAMPLE_RATE == pytest.approx(rt60_s, rel=0.1)
    assert response[0] == pytest.approx(1)
    assert left[1] == pytest.approx(1, rel=0.01)
    assert np.abs(response[1:800]).max() > 2 * np.abs(response[800:1600]).max()  # first reflections


@pytest.mark.parametrize("kind", ["white", "pink", "babble"])
@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_noise_is_as_loud_as_it_says_where_there_is_speech(kind, snr_db, distort, examples):
    for speech in examples:
        added = distort(f"{kind} {snr_db} dB", speech) - speech
        spoken = np.zeros(len(speech), bool)
        for start_s, end_s in find_voice(speech).spans:
            spoken[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)] = True
        measured_db = 10 * np.log10(np.square(speech[spoken]).mean() / np.square(added[spoken]).mean())
        assert measured_db == pytest.approx(snr_db, abs=0.5)
        assert np.square(added[:2000]).mean() > 0  # before the speech too


@pytest.mark.parametrize(("slope", "per_octave_db"), [(0.0, 3.0), (0.5, 0.0)], ids=["white", "pink"])
def test_noise_has_its_colour(slope, per_octave_db):
    noise = tilted_noise(20 * SAMPLE_RATE, np.random.default_rng(1), slope=slope)
    octaves = [level_db(noise, low, 2 * low) for low in (125, 250, 500, 1000, 2000, 4000)]
    np.testing.assert_allclose(np.diff(octaves), per_octave_db, atol=0.5)


def test_babble_is_several_voices_at_once(table, distort, examples):
    # Between the words of one voice it is quiet; between those of six it hardly ever is.
    added = distort("babble 5 dB", examples[0]) - examples[0]

    def quiet_share(samples: np.ndarray) -> float:
        power = np.square(samples[: len(samples) // 800 * 800]).reshape(-1, 800).mean(1)
        return float((power < 0.02 * power.max()).mean())

    assert quiet_share(added) < 0.1 < quiet_share(examples[0])


def test_a_gate_makes_pauses_digitally_silent_and_leaves_speech(distort, examples):
    speech = np.concatenate([examples[0], np.zeros(8000, np.float32), examples[0]])
    hiss = 1e-3 * np.random.default_rng(2).standard_normal(len(speech)).astype(np.float32)
    speech = speech + hiss
    gated = distort("gated", speech)
    loud = np.abs(speech) >= np.abs(speech).max() * 10 ** (-30 / 20)
    np.testing.assert_allclose(gated[loud], speech[loud], atol=1e-7)
    pause = slice(len(examples[0]) + 1000, len(examples[0]) + 7000)
    assert not gated[pause].any()
    assert (np.abs(gated) <= np.abs(speech) + 1e-7).all()
    share = np.abs(gated / np.where(speech == 0, 1, speech))
    assert np.abs(np.diff(share[speech != 0])).max() < 0.05  # ramps, no clicks


def test_a_gate_closes_in_the_pauses_of_a_noisy_recording_too(distort, examples):
    speech = np.concatenate([examples[0], np.zeros(8000, np.float32), examples[0]])
    hiss = np.abs(speech).max() * 10 ** (-35 / 20) * np.random.default_rng(2).standard_normal(len(speech))
    gated = distort("gated", (speech + hiss).astype(np.float32))
    pause = slice(len(examples[0]) + 1600, len(examples[0]) + 6400)
    assert (gated[pause] == 0).mean() > 0.9
    assert np.square(gated).sum() > 0.9 * np.square(speech).sum()


def test_gains_and_clipping(distort, speech):
    np.testing.assert_allclose(distort("gain -20 dB", speech), speech / 10, atol=1 / 65536 + 1e-7)
    np.testing.assert_allclose(distort("gain +20 dB", speech), np.clip(10 * speech, -1, 1), atol=1 / 32768)
    clipped, most = distort("clipped", speech), np.abs(speech).max() / 4
    np.testing.assert_array_equal(clipped, np.clip(speech, -most, most))
    assert (np.abs(clipped) == most).mean() > 0.01


@pytest.mark.parametrize("name", [f"{name} {kbits} kbit/s" for name, _, _, kbits in CODECS])
def test_a_codec_loses_something_and_little(name, distort, examples):
    for speech in examples:
        decoded = distort(name, speech)
        alike = np.dot(speech, decoded) / np.linalg.norm(speech) / np.linalg.norm(decoded)
        assert 0.9 < alike < 0.9999
        # Nothing is missing at the end.
        tail = slice(-8000, None)
        assert level_db(decoded[tail], 100, 4000) == pytest.approx(level_db(speech[tail], 100, 4000), abs=1.5)


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_silence_and_room_tone_come_before_the_untouched_clip(seconds, distort, speech):
    n = round(seconds * SAMPLE_RATE)
    for kind in ("silence", "room tone"):
        later = distort(f"{kind} {seconds} s", speech)
        np.testing.assert_array_equal(later[n:], speech)
        assert later[:n].any() == (kind == "room tone")
    tone_db = 20 * np.log10(later[:n].std() / np.abs(speech).max())
    assert tone_db == pytest.approx(-50, abs=0.1)


def test_the_cut_leaves_one_second_of_speech(distort, examples):
    for speech in examples:
        short = distort("cut at 1 s", speech)
        np.testing.assert_array_equal(short, speech[: len(short)])
        assert len(short) == pytest.approx((find_voice(speech).start_s + 1) * SAMPLE_RATE, abs=1)


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_tempo_changes_the_length_and_keeps_the_pitch(rate, distort, speech):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    for samples in (speech, tone):
        assert len(distort(f"tempo {rate}", samples)) == pytest.approx(len(samples) / rate, abs=2)
    changed = distort(f"tempo {rate}", tone)
    power = np.abs(np.fft.rfft(changed * np.hanning(len(changed)))) ** 2
    assert power.argmax() * SAMPLE_RATE / len(changed) == pytest.approx(440, abs=2)


SPLIT = {"seed": 42, "train": ["1003"], "val": ["1002"], "test": ["1001"]}


@pytest.fixture(scope="module")
def small(crema_d, tmp_path_factory) -> Corpus:
    """The clips of one sentence by three actors."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "AudioWAV").mkdir()
    for actor in ("1001", "1002", "1003"):
        for path in (crema_d / "AudioWAV").glob(f"{actor}_WSI_*.wav"):
            shutil.copy(path, folder / "AudioWAV")
    return Corpus(folder)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory) -> Recognizer:
    torch.manual_seed(1)
    network = NETWORKS["emotion"]()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data *= 2  # at their first size they answer alike to everything
    folder = tmp_path_factory.mktemp("checkpoint")
    save_checkpoint(folder, network=network, card={"split": SPLIT})
    return Recognizer.load(folder)


@pytest.fixture(scope="module")
def result(recognizer, small):
    clips = small.modelling[small.modelling["actor"] == "1001"]
    return clips, evaluate_conditions(
        recognizer, corpus=small, clips=clips, names=["telephone", "babble 5 dB"], progress=False
    )


def test_the_rows_are_those_of_the_distorted_clips_recognized_one_by_one(result, recognizer, small):
    clips, found = result
    assert [row["condition"] for row in found["conditions"]] == [CLEAN, "telephone", "babble 5 dB"]
    assert json.loads(json.dumps(found)) == found
    assert found["clips"] == len(clips)
    table = conditions(training_voices(recognizer, small))
    labels = clips["emotion"].map(LABELS.index).to_numpy()
    for row in found["conditions"]:
        name = row["condition"]
        scores = []
        for clip in reversed(clips.index):
            samples = table[name](load_audio(small.path(clip)), generator_of(clip, name))
            scores.insert(0, list(recognizer.recognize(samples).scores.values()))
        answers = np.bincount(np.argmax(scores, axis=1), minlength=6)
        assert row["uar"] == pytest.approx(metrics(np.array(scores), labels)["uar"])
        assert row["drop"] == pytest.approx(found["conditions"][0]["uar"] - row["uar"])
        assert row["top_share"] == pytest.approx(answers.max() / len(clips))
        assert LABELS.index(row["top"]) == answers.argmax()


def test_the_table_for_people_has_a_line_per_condition(result):
    _, found = result
    lines = format_conditions(found).splitlines()
    assert len(lines) == 2 + 3
    for line, row in zip(lines[2:], found["conditions"], strict=True):
        assert line.startswith(row["condition"])
        assert f"{row['uar']:.3f}" in line


def test_the_command_scores_a_split_under_the_conditions_named(recognizer, small, capsys):
    checkpoint = str(recognizer.checkpoint.folder)
    command = ["evaluate", "--data", str(small.root), "--checkpoint", checkpoint, "--split", "test", "--json"]
    assert main([*command, "--conditions", "telephone"]) == 0
    printed = json.loads(capsys.readouterr().out)
    clips = small.modelling[small.modelling["actor"] == "1001"]
    expected = evaluate_conditions(recognizer, corpus=small, clips=clips, names=["telephone"], progress=False)
    assert printed == expected | {"split": "test"}
    assert main([*command, "--conditions", "underwater"]) == 1
    assert "telephone" in capsys.readouterr().err


def test_babble_comes_from_training_actors_only(recognizer, small):
    trained = [name for name in small.modelling.index if name.startswith("1003")]
    voices = training_voices(recognizer, small)
    assert len(voices) == len(trained)
    for voice, name in zip(voices, trained, strict=True):
        np.testing.assert_array_equal(voice, load_audio(small.path(name)))


def test_an_unknown_condition_is_named(recognizer, small):
    with pytest.raises(CorpusError, match="'underwater'"):
        evaluate_conditions(
            recognizer, corpus=small, clips=small.modelling, names=["underwater"], progress=False
        )


def test_the_whole_clip_is_speech_where_no_voice_is_found(speech):
    assert speech_of(np.zeros(1000, np.float32)).all()
    assert 0.5 < speech_of(speech).mean() < 1
