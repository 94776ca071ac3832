"""What the app says and how it looks, without a browser."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.audio import SAMPLE_RATE, AudioError
from ser.labels import LABELS
from ser.model import EmotionNet, PublishedCNNBiLSTM, load_checkpoint, save_checkpoint
from ser.recognize import Recognizer
from ser.ui import dataset, result
from ser.ui.theme import ACCENT, EMOTION_COLOURS, GROUND


def scores(**given: float) -> dict[str, float]:
    rest = (1 - sum(given.values())) / (len(LABELS) - len(given))
    return {label: given.get(label, rest) for label in LABELS}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SAD": 0.90}, "This sounds sad (90%)."),
        ({"ANG": 0.60, "DIS": 0.25}, "This sounds angry (60%), with some disgusted (25%)."),
        ({"ANG": 0.40, "DIS": 0.20}, "More angry than anything else (40%), but far from sure."),
        ({"HAP": 0.38, "FEA": 0.35}, "Hard to tell: happy (38%) and fearful (35%) are close."),
        ({}, "Hard to tell: angry (17%) and disgusted (17%) are close."),
    ],
)
def test_one_sentence_says_how_sure_the_result_is(given, said):
    assert result.sentence(scores(**given)) == said


def test_bars_keep_their_order_and_say_every_score():
    for given in (scores(SAD=0.9), scores(ANG=0.9), None):
        shown = result.bars(given)
        places = [shown.index(f"--emotion-{label}") for label in LABELS]
        assert places == sorted(places)


def recognizer(tmp_path, network) -> Recognizer:
    save_checkpoint(tmp_path, network, {"temperature": 1.0})
    return Recognizer(load_checkpoint(tmp_path))


def write(path, seconds: float) -> str:
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE))
    soundfile.write(path, noise, SAMPLE_RATE)
    return str(path)


@pytest.mark.parametrize(
    ("network", "seconds", "said"),
    [
        (EmotionNet, 2.0, "The whole recording was scored: 2.0 s."),
        (EmotionNet, 4.0, "All 4.0 s were scored: 3 windows of 3 s, and their mean."),
        (PublishedCNNBiLSTM, 4.0, "The first 3.0 s of 4.0 s were scored"),
    ],
)
def test_a_result_says_which_part_was_scored(tmp_path, network, seconds, said):
    taken = result.take(recognizer(tmp_path, network()), write(tmp_path / "noise.wav", seconds))
    assert said in result.show_take(taken)
    assert taken.pictured in taken.recognition.windows


def test_silence_gets_a_sentence_and_no_scores(tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    with pytest.raises(AudioError, match="silent"):
        result.take(recognizer(tmp_path, EmotionNet()), str(tmp_path / "silence.wav"))


def test_what_a_file_is_called_is_no_html(tmp_path):
    file = write(tmp_path / "a<b>&.wav", 1.0)
    assert "<b>" not in result.show_take(result.take(recognizer(tmp_path, EmotionNet()), file))
    assert "<b>" not in result.show_problem("a<b>& cannot be read")


def predictions() -> pd.DataFrame:
    rows = [
        ("1001_DFA_ANG_XX", "1001", "DFA", "ANG", "XX", "train"),
        ("1002_DFA_SAD_LO", "1002", "DFA", "SAD", "LO", "test"),
    ]
    table = pd.DataFrame(rows, columns=["clip", "actor", "sentence", "emotion", "level", "split"])
    return table.assign(**dict(zip(LABELS, np.eye(2, 6).T + 0.01, strict=True)))


def test_the_table_needs_only_predictions(tmp_path):
    predictions().to_csv(tmp_path / "predictions.csv", index=False)
    table = dataset.read_predictions(tmp_path / "predictions.csv")
    shown = dataset.display(dataset.choose(table, "test", dataset.ALL, dataset.ALL))
    assert shown["Clip"].tolist() == ["1002_DFA_SAD_LO"]
    assert shown["Network says"].tolist() == ["Disgusted"]
    assert "exactly one part" in dataset.overview(table)


def test_an_actor_in_two_parts_is_told(tmp_path):
    predictions().assign(actor="1001").to_csv(tmp_path / "predictions.csv", index=False)
    assert "more than one part" in dataset.overview(dataset.read_predictions(tmp_path / "predictions.csv"))


def test_without_predictions_the_table_is_empty(tmp_path):
    assert dataset.read_predictions(tmp_path / "predictions.csv").empty
    assert "No clips" in dataset.count(pd.DataFrame())


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_colour_stands_out_on_light_and_on_dark():
    assert list(EMOTION_COLOURS) == list(LABELS)
    for light, dark in EMOTION_COLOURS.values():
        assert contrast(light, "#ffffff") >= 3
        assert contrast(dark, GROUND.c900) >= 3
    assert contrast(ACCENT.c600, "#ffffff") >= 4.5
    assert contrast(ACCENT.c400, GROUND.c900) >= 4.5
