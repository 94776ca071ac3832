"""What a network reads of sound, whole and with parts hidden."""

import numpy as np
import pytest

from ser.audio.features import N_FRAMES, N_MELS, N_SAMPLES, log_mel, mel_db, standardise
from ser.audio.reading import load_audio
from ser.network.inputs import prepare_inputs
from tests.conftest import ROOT

SAMPLES = np.tile(load_audio(ROOT / "ser" / "assets" / "examples" / "even.flac"), 2)


def test_windows_of_all_lengths_are_read_as_each_alone():
    windows = [SAMPLES[:N_SAMPLES], SAMPLES[:16_000], SAMPLES[:1]]
    inputs = prepare_inputs(windows)
    assert inputs.lengths.tolist() == [188, 63, 1]
    for place, window in enumerate(windows):
        alone = inputs.part(slice(place, place + 1))
        np.testing.assert_array_equal(alone.features[0], log_mel(window))
        assert len(alone) == 1


def test_a_network_with_a_higher_floor_hears_nothing_below_it_and_distances_stay():
    windows = [SAMPLES[:N_SAMPLES], SAMPLES[N_SAMPLES:60_000]]
    whole, floored = prepare_inputs(windows), prepare_inputs(windows, top_db=50)
    raised = np.maximum(mel_db(SAMPLES[:N_SAMPLES]), -50)
    np.testing.assert_allclose(floored.features[0, 0], standardise(raised), atol=1e-6)
    assert np.abs(floored.features - whole.features).max() > 0.5
    np.testing.assert_array_equal(floored.bands, whole.bands)


@pytest.mark.parametrize(("fill", "value"), [(0, np.min), (1, np.mean)])
def test_hidden_cells_get_a_value_of_the_sound_and_padding_stays(fill, value):
    inputs = prepare_inputs([SAMPLES[:16_000]])
    masks = np.zeros((3, N_MELS, N_FRAMES), bool)
    masks[1, :16, 40:90] = masks[2] = True
    whole, patch, everything = inputs.hiding(masks, fill=fill).features[:, 0]
    expected = pytest.approx(value(whole[:, :63]), abs=1e-6)
    np.testing.assert_array_equal(whole, inputs.features[0, 0])
    assert np.unique(patch[:16, 40:63]).item() == expected
    assert np.unique(everything[:, :63]).item() == expected
    np.testing.assert_array_equal(patch[16:], whole[16:])
    np.testing.assert_array_equal(everything[:, 63:], whole[:, 63:])


def test_parts_are_hidden_in_one_window_at_a_time():
    with pytest.raises(ValueError, match="inputs of one window, got 2"):
        prepare_inputs([SAMPLES, SAMPLES]).hiding(np.zeros((1, N_MELS, N_FRAMES), bool), fill=0)
