"""A sound is at the same time here and in the browser that shows it: one file of each format."""

import base64

import pytest

from ser.audio.reading import read_audio
from tests.helpers.sound_files import clicks_s
from tests.helpers.time_zero import DECODE, FILES, make


def test_the_time_of_a_click_is_the_browsers(browser, tmp_path):
    page = browser.new_page()
    for kind in FILES:
        path = make(tmp_path, kind)
        at_s, length_s = page.evaluate(DECODE, [base64.b64encode(path.read_bytes()).decode()])
        recording = read_audio(path)
        assert clicks_s(recording.samples) == [pytest.approx(at_s, abs=0.002)], kind
        assert recording.duration_s == pytest.approx(length_s, abs=0.025), kind
    page.close()
