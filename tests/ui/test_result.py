"""What the page says about a recording, without a browser."""

import threading
from functools import partial

import gradio as gr
import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ser.audio.quality import ADVICE, measure_quality
from ser.audio.reading import SAMPLE_RATE
from ser.corpus.crema_d import SENTENCES, Corpus
from ser.labels import EMOTION_NAMES, LABELS
from ser.network.loading import load_checkpoint, save_checkpoint
from ser.network.model import EmotionNet, PublishedCNNBiLSTM
from ser.recognition.reason import CURES, Reason
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Recognition, Window
from ser.ui.parts import result, sentences, timeline
from ser.ui.record import prompts
from ser.ui.record import tab as record
from ser.ui.record.speaker import Speaker
from tests.conftest import ROOT

EXAMPLES = ROOT / "ser" / "assets" / "examples"


def scores(**given: float) -> dict[str, float]:
    rest = (1 - sum(given.values())) / (len(LABELS) - len(given))
    return {label: given.get(label, rest) for label in LABELS}


def recognition(six: dict[str, float], top: str, windows: tuple[Window, ...]) -> Recognition:
    quality, logits = measure_quality(np.zeros(64_000)), (0.0,) * 6
    return Recognition(
        file=None,
        duration_s=4.0,
        scores=six,
        top=top,
        verdict="sure",
        voice_s=1.0,
        quality=quality,
        logits=logits,
        windows=windows,
    )


@pytest.mark.parametrize(
    ("given", "verdict", "said"),
    [
        ({"SAD": 0.90}, "sure", "This sounds sad."),
        ({"ANG": 0.60, "DIS": 0.36}, "leaning", "Mainly angry, but disgust is close."),
        ({"NEU": 0.60, "SAD": 0.20}, "leaning", "Mainly neutral, with some sadness."),
        ({"HAP": 0.75, "NEU": 0.16}, "leaning", "Mainly happy, with some neutral voice."),
        ({"FEA": 0.60}, "leaning", "Mainly fearful, but this is not certain."),
        ({"ANG": 0.45, "DIS": 0.20}, "unsure", "Not sure: perhaps angry."),
        ({"ANG": 0.35, "DIS": 0.20}, "unsure", "Hard to tell: this could be angry or disgusted."),
        ({}, "unsure", "Hard to tell: this could be angry, disgusted or fearful."),
        ({"SAD": 0.90}, "no_voice", "No voice was found in this recording."),
    ],
)
def test_one_plain_sentence_says_how_sure_the_result_is(given, verdict, said):
    assert sentences.sentence(scores(**given), verdict=verdict) == said


@pytest.mark.parametrize(
    ("given", "verdict", "said"),
    [
        ({"HAP": 0.9}, "leaning", "Acted like happiness; most listeners would hear a neutral voice."),
        (
            {"HAP": 0.3, "ANG": 0.29},
            "unsure",
            "Hard to tell: this could be happy or angry; most listeners would hear a neutral voice.",
        ),
        ({"NEU": 0.9}, "sure", "This sounds neutral."),
        ({"NEU": 0.6}, "leaning", "Mainly neutral, but this is not certain."),
        ({"HAP": 0.9}, "no_voice", "No voice was found in this recording."),
    ],
)
def test_where_listeners_would_hear_something_else_the_same_sentence_says_so(given, verdict, said):
    assert sentences.sentence(scores(**given), verdict=verdict, heard=scores(NEU=0.7)) == said


def test_an_answer_that_is_not_sure_says_why_and_what_to_try():
    for kind, cure in CURES.items():
        shown = sentences.reason_note(Reason(kind, "It is so.", cure))
        assert cure in shown
        assert ("It is so." in shown) == (kind != "listeners")  # the headline says that
    assert sentences.reason_note(None) == ""


@given(st.lists(st.floats(1e-6, 1), min_size=6, max_size=6), st.sampled_from(["sure", "leaning", "unsure"]))
def test_every_sentence_names_the_highest_score_first(values, verdict):
    given = dict(zip(LABELS, values, strict=True))
    said = sentences.sentence(given, verdict=verdict)
    best = EMOTION_NAMES[max(given, key=given.get)].lower()
    ways = ("This sounds", "Mainly", "Hard to tell: this could be", "Not sure: perhaps")
    assert said.startswith(tuple(f"{way} {best}" for way in ways))


def test_bars_keep_their_order_and_say_every_score():
    for six in (scores(SAD=0.9), scores(ANG=0.9), None):
        shown = result.bars(six)
        places = [shown.index(f"--emotion-{label}") for label in LABELS]
        assert places == sorted(places)


def recognizer(tmp_path, network) -> Recognizer:
    save_checkpoint(tmp_path, network=network, card={"temperature": 1.0})
    return Recognizer(load_checkpoint(tmp_path))


def write(path, samples: np.ndarray) -> str:
    soundfile.write(path, samples, SAMPLE_RATE)
    return str(path)


def voice() -> np.ndarray:
    return soundfile.read(EXAMPLES / "quiet_and_falling.flac", dtype="float32")[0]


@pytest.mark.parametrize(
    ("network", "seconds", "said"),
    [
        (EmotionNet, 2.0, "The whole recording was scored: 2.0 s."),
        (
            EmotionNet,
            4.0,
            "All 4.0 s were scored, in 3 windows of 3 s, one every half second. The bars are the average.",
        ),
        (PublishedCNNBiLSTM, 4.0, "Scored: the first 3.0 s of 4.0 s."),
    ],
)
def test_a_result_says_which_part_was_scored_and_how_it_was_combined(tmp_path, network, seconds, said):
    file = write(tmp_path / "voice.wav", voice()[: round(seconds * SAMPLE_RATE)])
    heard = result.score_file(file, recognizer=recognizer(tmp_path, network()))
    assert said in result.show(heard)
    assert heard.pictured in heard.recognition.windows


def test_a_result_says_where_the_voice_was_that_was_scored(tmp_path):
    silence = np.zeros(SAMPLE_RATE, np.float32)
    for seconds, said in ((2.0, "the part with speech."), (4.5, "the part with speech, in ")):
        spoken = voice()[: round(seconds * SAMPLE_RATE)]
        file = write(tmp_path / "voice.wav", np.concatenate([silence, spoken, silence]))
        heard = result.score_file(file, recognizer=Recognizer.load())
        shown = result.show(heard)
        start, end = heard.recognition.windows[0].start_s, heard.recognition.windows[-1].end_s
        assert 0.8 < start < 1.2
        assert f"Scored: {start:.1f} to {end:.1f} s of {seconds + 2:.1f} s, the part with speech" in shown
        assert said in shown


def test_a_result_says_that_a_much_softer_voice_was_left_out(tmp_path):
    silence, far = np.zeros(3 * SAMPLE_RATE, np.float32), voice()[: 2 * SAMPLE_RATE] * 0.004
    for samples, is_told in (
        (np.concatenate([voice(), silence, far, silence]), True),
        (np.concatenate([far, silence, voice()]), True),
        (np.concatenate([silence, voice(), silence]), False),
        (np.concatenate([voice(), silence, voice()]), False),
    ):
        heard = result.score_file(write(tmp_path / "voice.wav", samples), recognizer=Recognizer.load())
        assert (heard.left_out_s is not None) == is_told
        assert ("A much softer voice from" in result.show(heard)) == is_told
    noise = np.random.default_rng(0).normal(size=len(silence)).astype(np.float32) * 1e-3
    samples = np.concatenate([voice(), noise])
    heard = result.score_file(write(tmp_path / "voice.wav", samples), recognizer=Recognizer.load())
    assert heard.left_out_s is None


def test_nobody_is_told_to_teach_the_voice_of_an_example():
    unlike = Reason("unlike", "This recording is unlike those it learned from.", CURES["unlike"])
    assert "Teach it the voice" in sentences.reason_note(unlike)
    assert "Teach it the voice" not in sentences.reason_note(unlike, can_teach=False)
    assert "unlike" in sentences.reason_note(unlike, can_teach=False)
    short = unlike._replace(kind="short", cure=CURES["short"])
    assert CURES["short"] in sentences.reason_note(short, can_teach=False)


def test_what_was_wrong_comes_before_the_scores(tmp_path):
    file = write(tmp_path / "quiet.wav", voice() * 0.01)
    shown = result.show(result.score_file(file, recognizer=recognizer(tmp_path, EmotionNet())))
    assert ADVICE["too_quiet"] in shown
    assert shown.index(ADVICE["too_quiet"]) < shown.index('class="bars"')


def test_without_a_voice_there_are_no_scores(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * SAMPLE_RATE)
    for samples, problem in ((noise, "no_voice"), (np.zeros(2 * SAMPLE_RATE), "silent")):
        file = write(tmp_path / "nobody.wav", samples)
        shown = result.show(result.score_file(file, recognizer=recognizer(tmp_path, EmotionNet())))
        assert "No voice was found in this recording." in shown
        assert ADVICE[problem] in shown
        assert "%</span>" not in shown


def test_what_a_file_is_called_is_no_html(tmp_path):
    file = write(tmp_path / "a<b>&.wav", voice()[:SAMPLE_RATE])
    assert "<b>" not in result.show(result.score_file(file, recognizer=recognizer(tmp_path, EmotionNet())))
    assert "<b>" not in result.show_problem("a<b>& cannot be read")


@given(st.integers(1, 5000), st.integers(1, 500))
def test_the_waveform_reaches_every_sample(n, columns):
    samples = np.random.default_rng(n).uniform(-1, 1, n).astype(np.float32)
    peaks = timeline.peaks(samples, columns)
    assert peaks.shape == (min(n, columns), 2)
    assert (peaks.min(), peaks.max()) == (samples.min(), samples.max())
    assert (peaks[:, 0] <= peaks[:, 1]).all()


def test_a_timeline_has_lanes_only_where_scores_follow_each_other():
    windows = tuple(Window(start, start + 48_000, scores(SAD=0.5)) for start in (0, 8_000, 16_000))
    long = recognition(scores(SAD=0.5), "SAD", windows)
    drawn = timeline.draw(long, pictured=windows[1])
    places = [drawn.index(f">{EMOTION_NAMES[label]}</span>") for label in LABELS]
    assert places == sorted(places)
    assert 'class="frame" style="left: 12.50%; width: 75.00%"' in drawn
    assert "[[1.5,10,10,10,10,10,50]," in drawn
    short = recognition(scores(), "ANG", windows[:1])
    assert 'class="lane"' not in timeline.draw(short, pictured=short.windows[0])


def test_an_analysis_that_is_overtaken_shows_nothing_and_adds_no_take(tmp_path):
    """The older one is held until the newer one has ended."""
    network, held, go = recognizer(tmp_path, EmotionNet()), threading.Event(), threading.Event()

    def slow() -> Recognizer:
        held.set()
        assert go.wait(30)
        return network

    file, progress = write(tmp_path / "voice.wav", voice()), record.Progress()
    actors = prompts.Actors(tmp_path / "predictions.csv")
    answers = {}
    requests = [{"number": number, "spoken": number, "source": "microphone"} for number in (1, 2)]
    older = threading.Thread(
        target=lambda: answers.update(
            older=record.score(slow, actors, file, requests[0], None, progress, Speaker())
        )
    )
    older.start()
    assert held.wait(30)
    answers["newer"] = record.score(lambda: network, actors, file, requests[1], None, progress, Speaker())
    go.set()
    older.join()
    assert answers["older"] == (gr.skip(), gr.skip())
    assert 'class="result done' in answers["newer"][0]
    (take,) = record.keep([], progress)
    assert record.keep([take], progress) == gr.skip(), "a take is added once"
    assert (take.name, take.source, take.file) == ("Recording 2", "microphone", file)


def test_a_problem_with_a_file_is_a_sentence(tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    request = {"number": 1, "spoken": 0, "source": "upload"}
    ask = partial(record.score, lambda: None, prompts.Actors(tmp_path / "none.csv"))
    progress = record.Progress(newest=1)
    page, said = ask(str(tmp_path / "empty.wav"), request, "TIE", progress, Speaker())
    assert "empty.wav is empty" in page
    assert (said, progress.scored) == ("", [])


def test_every_sentence_comes_once_before_any_comes_again():
    code, order, seen = None, [], []
    for _ in range(3 * len(SENTENCES)):
        last = code
        code, order = prompts.next_sentence(code, order)
        assert code != last
        seen.append(code)
    assert set(seen[: len(SENTENCES)]) == set(SENTENCES)


def predictions(path) -> pd.DataFrame:
    rows = [("1004_TIE_ANG_XX", "ANG", "test", "ANG"), ("1005_TIE_ANG_XX", "ANG", "test", "DIS")]
    rows += [("1005_TIE_SAD_XX", "SAD", "test", "SAD"), ("1001_TIE_ANG_XX", "ANG", "val", "HAP")]
    table = pd.DataFrame(rows, columns=["clip", "emotion", "split", "said"])
    table["actor"], table["sentence"], table["level"] = table["clip"].str[:4], "TIE", "XX"
    for label in LABELS:
        table[label] = np.where(table["said"] == label, 0.9, 0.02)
    table.drop(columns="said").to_csv(path, index=False)
    return table


def heard_as(label: str) -> Recognition:
    return recognition(scores(**{label: 0.9}), label, ())


def test_actors_are_those_of_the_test_and_are_counted_by_what_the_network_said(tmp_path):
    predictions(tmp_path / "predictions.csv")
    actors = prompts.Actors(tmp_path / "predictions.csv")
    shown = actors.show("TIE", heard_as("ANG"))
    assert "When 2 actors were asked to say this angrily, the network heard anger in 1 of 2 clips." in shown
    assert "angry 50%, disgusted 50%" in shown
    assert "People" not in shown
    assert actors.show("DFA") == ""
    assert prompts.Actors(tmp_path / "missing.csv").show("TIE") == ""


def test_people_are_the_votes_on_the_voice_alone(tmp_path, crema_d):
    predictions(tmp_path / "predictions.csv")
    corpus = Corpus(crema_d)
    votes = corpus.clips.loc[
        ["1004_TIE_ANG_XX", "1005_TIE_ANG_XX"], [f"votes_{label}" for label in LABELS]
    ].sum()
    share = result.percent(votes["votes_ANG"] / votes.sum())
    shown = prompts.Actors(tmp_path / "predictions.csv", corpus).show("TIE", heard_as("ANG"))
    assert f"people who heard only the voice did so in {share} of their votes" in shown


def test_clips_of_the_data_set_and_examples_have_names_in_words(tmp_path, crema_d):
    actors = prompts.Actors(tmp_path / "none.csv", Corpus(crema_d))

    def name(source: str, stem: str) -> str:
        return record._name({"number": 1, "spoken": 0, "source": source}, f"{stem}.flac", actors)

    assert name("example", "loud_and_clipped") == "Loud and clipped"
    assert name("example", "1032_MTI_NEU_XX") == "Actor 1032, acted neutral"
    assert name("upload", "1032_MTI_NEU_XX") == "1032_MTI_NEU_XX"  # what a person has named stays so
    assert prompts.Actors(tmp_path / "none.csv").name("1032_MTI_NEU_XX") is None


def test_a_clip_of_the_data_set_shows_what_was_acted_beside_network_and_people(tmp_path, crema_d):
    actors = prompts.Actors(tmp_path / "none.csv", Corpus(crema_d))
    shown = actors.show_clip("1032_MTI_NEU_XX", heard_as("SAD"))
    for words in ("by actor 1032", "<strong>Neutral</strong>", "<strong>Sad</strong> <small>90%", "votes"):
        assert words in shown
    assert actors.show_clip("my voice", heard_as("SAD")) == ""
    assert prompts.Actors(tmp_path / "none.csv").show_clip("1032_MTI_NEU_XX", heard_as("SAD")) == ""


def test_a_loud_second_without_a_voice_is_called_too_short(tmp_path):
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    file = write(tmp_path / "short.wav", 0.98 * np.clip(40 * np.sin(2 * np.pi * 220 * t), -1, 1))
    page = result.show(result.score_file(str(file), recognizer=Recognizer.load()))
    assert f"<h2>{result.TOO_SHORT}</h2>" in page
    assert "microphone is selected" not in page


def test_what_listeners_would_hear_is_beside_the_scores(tmp_path):
    network = EmotionNet(heard=True)
    card = Recognizer.load().checkpoint.card | {"arguments": network.arguments}
    save_checkpoint(tmp_path, network=network, card=card)
    found = result.score_file(str(EXAMPLES / "even.flac"), recognizer=Recognizer.load(tmp_path))
    page, best = result.show(found), max(found.recognition.heard, key=found.recognition.heard.get)
    assert f"would say {EMOTION_NAMES[best].lower()}" in page
    plain = result.score_file(str(EXAMPLES / "even.flac"), recognizer=Recognizer.load())
    assert ("listeners" in result.show(plain)) == (plain.recognition.heard is not None)
