import subprocess
import sys
from pathlib import Path

import numpy as np
import scipy.fft

from ser.audio.fourier import irfft, rfft

FRAMES = np.random.default_rng(0).normal(size=(5, 640)).astype(np.float32)

# Threads that need it first at the same moment, without SciPy; then SciPy's own import of it.
IN_THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from ser.audio.fourier import rfft
frames = np.ones((4, 64), np.float32)
with ThreadPoolExecutor(8) as pool:
    sums = {float(abs(spectrum).sum()) for spectrum in pool.map(rfft, [frames] * 32)}
print(len(sums), "scipy" in sys.modules)
import scipy.fft
print(bool((scipy.fft.rfft(frames) == rfft(frames)).all()))
"""


def test_it_is_the_transform_of_scipy():
    np.testing.assert_array_equal(rfft(FRAMES), scipy.fft.rfft(FRAMES))
    np.testing.assert_array_equal(rfft(FRAMES, 1024), scipy.fft.rfft(FRAMES, 1024))
    power = np.square(np.abs(rfft(FRAMES)[:, :123]))
    np.testing.assert_array_equal(irfft(power, 512), scipy.fft.irfft(power, 512))
    assert rfft(FRAMES).dtype == np.complex64
    assert irfft(power, 512).dtype == np.float32


def test_threads_share_it_and_scipy_is_not_imported():
    process = subprocess.run(
        [sys.executable, "-c", IN_THREADS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert process.stdout.split() == ["1", "False", "True"]
