"""A link opens its take as long as the take is there, and no longer."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ser.audio.quality import measure_quality
from ser.audio.reading import read_audio
from ser.labels import LABELS
from ser.recognition.result import Recognition, Window
from ser.ui.page.served_files import EXAMPLES
from ser.ui.parts.result import Result
from ser.ui.record import linked
from ser.ui.takes import links
from ser.ui.takes.sitting import Deleted, redraw
from ser.ui.takes.take import Take, make_take, score_again


def answer(top: str = "DIS") -> Recognition:
    six = dict.fromkeys(LABELS, 0.1) | {top: 0.5}
    samples = read_audio(EXAMPLES[0]).samples
    windows = (Window(0, 40_000, six),)
    quality = measure_quality(samples)
    return Recognition(
        file="/a/b.wav",
        duration_s=2.5,
        scores=six,
        top=top,
        verdict="leaning",
        voice_s=1.0,
        quality=quality,
        logits=(0.0,) * 6,
        windows=windows,
    )


def result(top: str = "DIS", **about) -> Result:
    heard = answer(top)
    time = "2026-11-28T14:46:07+01:00"
    return Result("Recording <1>", heard, heard.windows[0], b"png", time=time, **about)


@pytest.fixture
def kept(tmp_path) -> Take:
    """A take with a link, and with a sound on the disk."""
    sound = tmp_path / "sound.wav"
    sound.write_bytes(b"RIFF")
    scored, name = result(file=str(sound), played=str(sound)), links.new_name()
    links.keep(name, scored)
    return make_take(scored, source="microphone", link=name)


def test_a_link_shows_the_take_with_its_name_and_time_to_anybody(kept):
    sound, _ = linked.open_link(SimpleNamespace(link=kept.link))
    assert sound == kept.played
    page = linked.show(kept.link)
    assert "Recording &lt;1&gt;, recorded on 28 November 2026 at 14:46." in page
    assert "Mainly disgusted" in page
    assert kept.link not in page
    assert "Switch speaker" not in page


def test_a_link_ends_with_its_take_but_not_while_that_can_come_back(kept):
    redraw([], Deleted(kept, 0), [kept])
    assert links.find(kept.link) is not None
    redraw([], None, [kept])
    _, page = linked.open_link(SimpleNamespace(link=kept.link))
    assert linked.ENDED in page
    assert linked.ENDED in linked.show("never given")


def test_a_link_shows_the_answer_where_the_sound_is_gone(kept):
    links.find(kept.link)
    links.keep(kept.link, replace(links.find(kept.link), played="/gone.wav"))
    sound, page = linked.open_link(SimpleNamespace(link=kept.link))
    assert isinstance(sound, dict), "the player is left alone"
    assert "Mainly disgusted" in page


def test_a_take_that_is_scored_again_is_the_same_take_with_another_answer_and_link(kept):
    other = replace(kept, id="other", file="/other.wav", link="")
    name = links.new_name()
    again = make_take(result("SAD", file=kept.file), source="upload", link=name)
    links.keep(name, again)
    takes = score_again([other, kept], again)
    assert takes[0] is other
    assert (takes[1].id, takes[1].name, takes[1].time) == (kept.id, kept.name, kept.time)
    assert takes[1].recognition.top == "SAD"
    assert takes[1].source == "microphone"
    assert hash(takes[1]) != hash(kept), "gradio would not draw the list again"
    assert links.find(kept.link) is None
    assert links.find(takes[1].link) is not None
    # It was deleted meanwhile.
    assert score_again([other], again) == [other]
    assert links.find(name) is None
