"""Live scores equal those of the last three seconds, in bounded memory."""

import numpy as np
import pytest
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser.audio.features import N_SAMPLES
from ser.audio.reading import SAMPLE_RATE, AudioError, read_audio
from ser.audio.voice import Voice
from ser.errors import UserError
from ser.labels import LABELS
from ser.recognition.live import EVERY_S, FIRST_S, History, LiveScorer, Reading, to_mono
from ser.recognition.recognizer import Recognizer
from ser.recognition.verdict import VERDICTS, Thresholds
from ser.recognition.windows import WindowScores
from ser.ui.record.live import (
    IDLE_S,
    MAX_SESSIONS,
    Chunk,
    Sessions,
    describe,
    keep_sound,
    show_reading,
    show_summary,
    unpack,
)
from tests.conftest import ROOT

EXAMPLES = ROOT / "ser" / "assets" / "examples"
RATE = 48_000  # Hz, the rate of a browser


class LoudScorer:
    """A fast stand-in for the network, for tests with thousands of readings: louder is angrier."""

    thresholds = Thresholds()
    adaptation = None

    def read_window(self, samples, profile):
        assert len(samples) <= N_SAMPLES
        exponentials = np.exp([20 * np.abs(samples).mean(), 0, 0, 0, 0, 0])
        return WindowScores(exponentials / exponentials.sum(), None, 1.0)

    def is_unlike(self, distance):
        return False


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Five seconds of a synthetic voice as a browser sends it: (n,) int16 at 48 kHz."""
    samples = soxr.resample(read_audio(EXAMPLES / "quiet_and_falling.flac").samples, SAMPLE_RATE, RATE)
    return np.round(samples * 32767).astype(np.int16)


@pytest.fixture
def all_voice(monkeypatch):
    """Take any sound for a voice: these tests are about timing, and finding speech is slow."""
    voice = Voice(0.0, 3.0, 3.0, ((0.0, 3.0),))
    monkeypatch.setattr("ser.recognition.live.find_voice", lambda samples: voice)


def cut(samples: np.ndarray, sizes: list[int]):
    """Cut the samples into pieces of these sizes, repeated."""
    start = i = 0
    while start < len(samples):
        yield samples[start : start + sizes[i % len(sizes)]]
        start, i = start + sizes[i % len(sizes)], i + 1


@pytest.mark.parametrize("sizes", [[4800], [4800, 1, 12_000, 331], [48_000], [1000, 0, 20_001]])
def test_streamed_sound_gets_the_scores_of_its_last_three_seconds(recognizer, speech, sizes):
    everything = soxr.resample(speech / np.float32(32_768), RATE, SAMPLE_RATE)
    live, resampler = LiveScorer(recognizer), soxr.ResampleStream(RATE, SAMPLE_RATE, 1, dtype="float32")
    end, times = 0, []
    for piece in cut(speech, sizes):
        reading = live.feed(RATE, piece)
        end += len(resampler.resample_chunk(piece / np.float32(32_768)))
        if reading is None:
            continue
        expected = recognizer.read_window(everything[max(0, end - N_SAMPLES) : end])
        np.testing.assert_allclose(reading.scores, expected.scores, atol=0.002)
        np.testing.assert_allclose(reading.heard, expected.heard, atol=0.002)
        assert (reading.reason is None) == (reading.verdict in ("sure", "no_voice"))
        assert reading.time_s == pytest.approx(end / SAMPLE_RATE, abs=0.04), "it lags behind"
        times.append(reading.time_s)
    assert times[-1] > 4
    assert times == sorted(times)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("kind", ["int16 stereo", "float32", "int32", "uint8"])
def test_any_rate_and_type_gives_nearly_the_same_scores(recognizer, rate, kind):
    samples = read_audio(EXAMPLES / "even.flac").samples
    sound = soxr.resample(samples, SAMPLE_RATE, rate)
    coded = {
        "int16 stereo": lambda: np.round(np.stack([sound * 1.5, sound * 0.5], 1) * 32_767 / 1.5).astype(
            np.int16
        ),
        "float32": lambda: sound.astype(np.float32),
        "int32": lambda: np.round(sound.astype(np.float64) * 2**31 * 0.99).astype(np.int32),
        "uint8": lambda: np.round(sound * 127 + 128).astype(np.uint8),
    }[kind]()
    live = LiveScorer(recognizer)
    for piece in cut(coded, [rate // 10]):
        live.feed(rate, piece)
    expected = samples[: len(live.window)]
    gain = (live.window @ expected) / (expected @ expected)
    error = np.abs(live.window / gain - expected).max()
    # Half the rate halves the bandwidth; eight bits add noise of 1/256.
    assert error < (0.2 if rate == 8_000 else 0.02 if kind == "uint8" else 0.005)
    assert gain == pytest.approx(2 / 3 if kind == "int16 stereo" else 1, abs=0.03)


@pytest.mark.usefixtures("all_voice")
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 9_000), min_size=1, max_size=12).filter(lambda sizes: sum(sizes) > 500),
    rate=st.sampled_from([8_000, 16_000, 44_100, 48_000]),
)
def test_however_the_sound_is_cut_the_pace_and_the_window_hold(sizes, rate):
    rng = np.random.default_rng(0)
    sound = (rng.normal(size=4 * rate) * 0.1).astype(np.float32)
    live, times, fed = LiveScorer(LoudScorer()), [], 0
    for piece in cut(sound, sizes):
        reading = live.feed(rate, piece)
        fed += len(piece)
        assert live.time_s == pytest.approx(fed / rate)
        assert len(live.window) <= N_SAMPLES
        if reading is not None:
            assert reading.time_s == live.time_s >= FIRST_S - 0.01
            times.append(reading.time_s)
    assert (np.diff(times) > EVERY_S - 0.01).all()
    assert (np.diff([FIRST_S, *times, 4.0]) < EVERY_S + max(sizes) / rate + 0.01).all()
    whole = soxr.ResampleStream(rate, SAMPLE_RATE, num_channels=1, dtype="float32").resample_chunk(sound)
    np.testing.assert_allclose(live.window, whole[-N_SAMPLES:], atol=1e-6)


def test_chunks_of_a_tenth_of_a_second_give_at_least_two_readings_a_second(speech):
    live = LiveScorer(LoudScorer())
    readings = [live.feed(RATE, piece) for piece in cut(np.tile(speech, 6), [RATE // 10])]
    heard_s = len(readings) / 10
    assert sum(reading is not None for reading in readings) >= 2 * (heard_s - FIRST_S)


def test_a_backlog_gives_one_reading_of_its_end(speech):
    live = LiveScorer(LoudScorer())
    live.feed(RATE, speech[: RATE // 2])
    reading = live.feed(RATE, speech[RATE // 2 :])
    assert reading.time_s == pytest.approx(len(speech) / RATE)
    assert len(live.history) == 1


def test_what_was_lost_lets_the_time_go_on_and_is_no_part_of_a_window(speech):
    live = LiveScorer(LoudScorer())
    live.feed(RATE, speech[: 2 * RATE])
    live.skip(5.0)
    assert live.feed(RATE, speech[: RATE // 2]) is None  # half a second after the gap
    assert len(live.window) < SAMPLE_RATE
    assert live.feed(RATE, speech[RATE // 2 : RATE]).time_s == pytest.approx(8.0)


def test_no_voice_is_said_in_place_of_scores(recognizer, speech):
    rng = np.random.default_rng(0)
    live = LiveScorer(recognizer)
    noise = (rng.normal(size=4 * RATE) * 300).astype(np.int16)
    silence = np.zeros(4 * RATE, np.int16)
    readings = [live.feed(RATE, part) for part in (speech[: 3 * RATE], noise, silence)]
    assert [reading.verdict == "no_voice" for reading in readings] == [False, True, True]
    assert [reading.scores is None for reading in readings] == [False, True, True]
    assert [reading.silent for reading in readings] == [False, False, True]
    assert live.summary()[1] == 1, "only readings with a voice count"


@pytest.mark.usefixtures("all_voice")
def test_an_hour_takes_no_more_memory_than_minutes(speech):
    live, most, chunk = LiveScorer(LoudScorer()), 0, RATE // 2
    minute = np.resize(speech, 60 * RATE)
    for _ in range(60):
        for piece in cut(minute, [chunk]):
            live.feed(RATE, piece)
            most = max(most, len(live.history))
            assert live.window.nbytes == live.window.size * 4 <= N_SAMPLES * 4
            assert live.window.base is None or live.window.base.nbytes < 2 * N_SAMPLES * 4
    assert live.time_s == pytest.approx(3600)
    assert most <= 3000
    times = np.array([reading.time_s for reading in live.history])
    assert (np.diff(times) > 0).all()
    assert times[0] < 10
    assert np.diff(times[times > 3000]).max() == pytest.approx(0.5), "the last ten minutes are all there"
    assert np.diff(times).max() < 10, "what is older is thinned evenly"


@settings(deadline=None)
@given(recent=st.integers(1, 9), older=st.integers(1, 9), n=st.integers(0, 400))
def test_a_history_is_bounded_in_order_and_keeps_the_newest(recent, older, n):
    history = History(recent, older)
    for i in range(n):
        history.append(Reading(float(i), "no_voice"))
    times = [reading.time_s for reading in history]
    assert len(history) == len(times) <= recent + older
    assert times == sorted(set(times))
    assert times[-recent:] == [float(i) for i in range(max(0, n - recent), n)]
    assert times[:1] == ([0.0] if n else [])


def test_the_summary_is_the_mean_of_the_readings(speech):
    live = LiveScorer(LoudScorer())
    readings = [reading for piece in cut(speech, [RATE // 10]) if (reading := live.feed(RATE, piece))]
    mean, count = live.summary()
    assert count == len(readings) > 5
    np.testing.assert_allclose(mean.scores, np.mean([reading.scores for reading in readings], axis=0))
    assert mean.time_s == pytest.approx(len(speech) / RATE)


@pytest.mark.parametrize(
    ("rate", "samples"),
    [
        (0, np.zeros(10, np.int16)),
        (10**9, np.zeros(10, np.int16)),
        (RATE, np.array([0.1, np.nan])),
        (RATE, np.array([np.inf, 0.1], np.float32)),
        (RATE, np.zeros((2, 2, 2), np.int16)),
        (RATE, np.zeros((5, 0), np.int16)),
        (RATE, np.array(["a", "b"])),
    ],
)
def test_what_is_no_sound_is_refused_and_left_out(rate, samples):
    live = LiveScorer(LoudScorer())
    with pytest.raises(AudioError):
        live.feed(rate, samples)
    assert live.time_s == len(live.window) == 0


@given(st.lists(st.integers(-(2**15), 2**15 - 1), max_size=50))
def test_full_scale_is_one_in_any_type(values):
    coded = np.array(values, np.int16)
    expected = coded / np.float32(32_768)
    for same in (
        coded,
        coded.astype(np.int32) * 65_536,
        expected.astype(np.float64),
        np.stack([coded] * 2, 1),
    ):
        np.testing.assert_allclose(to_mono(same), expected, atol=1e-7)


def test_channels_of_opposite_phase_are_scored_by_the_louder_one(recognizer, speech):
    """Their average is silence: "check that the right microphone is selected"."""
    stereo = np.stack([-(speech.astype(np.int32) * 9 // 10).astype(np.int16), speech], axis=1)
    one, both = LiveScorer(recognizer), LiveScorer(recognizer)
    readings = [(one.feed(RATE, piece[:, 1]), both.feed(RATE, piece)) for piece in cut(stereo, [4800, 0])]
    assert [alone for alone, _ in readings] == [together for _, together in readings]
    assert any(alone and alone.scores for alone, _ in readings)
    # Two microphones of which one hears the room are averaged as before.
    noise = np.random.default_rng(0).integers(-500, 500, len(speech)).astype(np.int16)
    np.testing.assert_allclose(
        to_mono(np.stack([speech, noise], axis=1)), (speech / 65536 + noise / 65536), atol=1e-6
    )


class TestSessions:
    def test_two_sessions_do_not_mix(self, speech):
        sessions = Sessions(LoudScorer)
        loud, quiet = sessions.start(), sessions.start()
        assert loud != quiet
        for piece in cut(speech, [RATE // 10]):
            angry, calm = (
                sessions.hear(Chunk(loud, RATE, piece)),
                sessions.hear(Chunk(quiet, RATE, piece // 50)),
            )
        del angry, calm
        a, b = sessions.stop(loud), sessions.stop(quiet)
        assert np.abs(a.window).max() > 20 * np.abs(b.window).max() > 0
        assert a.summary()[0].scores[0] > b.summary()[0].scores[0]

    def test_a_stopped_session_is_forgotten(self):
        sessions = Sessions(LoudScorer)
        name = sessions.start()
        assert isinstance(sessions.stop(name), LiveScorer)
        assert len(sessions) == 0
        assert sessions.stop(name) is None
        with pytest.raises(UserError, match="press Start"):
            sessions.hear(Chunk(name, RATE, np.zeros(480, np.int16)))

    def test_sessions_that_nobody_stopped_go(self):
        now = [0.0]
        sessions = Sessions(LoudScorer, clock=lambda: now[0])
        left, used = sessions.start(), sessions.start()
        now[0] = IDLE_S
        sessions.hear(Chunk(used, RATE, np.zeros(480, np.int16)))
        now[0] = IDLE_S + 1
        sessions.start()
        assert sessions.stop(left) is None
        assert sessions.stop(used) is not None

    def test_there_are_never_too_many(self):
        sessions = Sessions(LoudScorer, clock=lambda: 0.0)
        names = [sessions.start() for _ in range(3 * MAX_SESSIONS)]
        assert len(sessions) == MAX_SESSIONS
        assert sessions.stop(names[-MAX_SESSIONS]) is not None
        assert sessions.stop(names[-MAX_SESSIONS - 1]) is None


def test_a_message_of_the_page_becomes_sound():
    message = {"session": "a", "rate": 48_000, "lost_s": 0.5, "sound": "AAABAP//"}
    chunk = unpack(message)
    assert (chunk.session, chunk.rate, chunk.samples.tolist(), chunk.lost_s) == ("a", 48_000, [0, 1, -1], 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sound": "?"},
        {"sound": "AAAA"[:3]},
        {"sound": "AA=="},  # half a sample
        {"sound": "A" * 4_000_004},
        {"rate": "fast"},
        {"rate": float("inf")},
        {"lost_s": "nan"},
        {"lost_s": None},
    ],
)
def test_a_message_that_is_no_sound_is_refused(wrong):
    message = {"session": "a", "rate": 48_000, "lost_s": 0.0, "sound": "AAABAP//"}
    with pytest.raises(UserError, match="reload"):
        unpack(message | wrong)


def test_only_what_was_uploaded_becomes_a_take(recognizer, tmp_path, monkeypatch):
    monkeypatch.setattr("ser.ui.record.live.get_upload_folder", lambda: str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    inside, outside = tmp_path / "uploads" / "live.flac", tmp_path / "live.flac"
    for file in (inside, outside):
        file.write_bytes((EXAMPLES / "even.flac").read_bytes())
    take = keep_sound(str(inside), recognizer=recognizer)
    assert (take.source, take.name, take.file) == ("live", "Live", str(inside))
    assert take.recognition.scores == recognizer.recognize(outside).scores
    for path in (outside, tmp_path / "uploads" / ".." / "live.flac"):
        with pytest.raises(UserError, match="reload"):
            keep_sound(str(path), recognizer=recognizer)


@pytest.mark.parametrize("nothing", [None, [], "sound", 5, {}])
def test_a_message_that_is_none_is_refused(nothing):
    with pytest.raises(UserError, match="reload"):
        unpack(nothing)


@pytest.mark.parametrize(
    ("scores", "verdict", "words"),
    [
        ((0.9, 0.05, 0.01, 0.02, 0.01, 0.01), "sure", ("Sounds", "Angry", "a clear lead")),
        ((0.1, 0.1, 0.1, 0.55, 0.1, 0.05), "leaning", ("Leaning towards", "Happy", "55%")),
        ((0.2, 0.2, 0.1, 0.1, 0.15, 0.25), "unsure", ("", "Not sure", "sad (25%), angry (20%)")),
        (None, "no_voice", ("", "No voice", "nothing to score")),
    ],
)
def test_what_is_said_follows_the_verdict(scores, verdict, words):
    manner, word, sentence = describe(Reading(1.0, verdict, scores))
    assert (manner, word) == words[:2]
    assert words[2] in sentence
    shown = show_reading(Reading(1.0, verdict, scores))
    assert shown["percents"] == (["–"] * 6 if scores is None else [f"{score:.0%}" for score in scores])
    assert shown["top"] == (None if scores is None else int(np.argmax(scores)))
    assert verdict in VERDICTS


def test_after_stop_the_whole_session_is_told(speech):
    live = LiveScorer(LoudScorer())
    assert show_summary(live) == {"summary": show_summary(live)["summary"], "timeline": []}
    assert show_summary(live)["summary"]["word"] == "No voice"
    readings = [reading for piece in cut(speech, [RATE // 10]) if (reading := live.feed(RATE, piece))]
    after = show_summary(live)
    assert f"{len(readings)} readings" in after["summary"]["sentence"]
    assert [time_s for time_s, _ in after["timeline"]] == [round(reading.time_s, 2) for reading in readings]
    assert all(len(scores) == len(LABELS) for _, scores in after["timeline"])
