"""Make scores that can be taken as probabilities, and measure how far they are from that."""

import numpy as np

ECE_BINS = 15


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean distance between top score and accuracy over 15 equal-width bins of the top score.

    Each bin (low, high] is weighted by its number of clips (Naeini et al. 2015).
    """
    probabilities, labels = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    return calibration_error(probabilities.max(1), probabilities.argmax(1) == labels)


def calibration_error(top: np.ndarray, right: np.ndarray) -> float:
    """Return the error given the top score of each clip (n,) and whether the answer was right (n,)."""
    bins = np.clip(np.ceil(top * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    surplus = np.bincount(bins, weights=right - top, minlength=ECE_BINS)
    return float(np.abs(surplus).sum() / len(top))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature whose softmax(logits / temperature) has the lowest cross-entropy.

    Guo et al. 2017, "On calibration of modern neural networks".

    Parameters
    ----------
    logits : (clips, emotions)
    labels : (clips,)
    """
    from scipy.optimize import minimize_scalar  # here, because the app would start later
    from scipy.special import log_softmax

    logits, rows = np.asarray(logits, dtype=np.float64), np.arange(len(labels))

    def cross_entropy(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean()

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3, 3), method="bounded").x))
