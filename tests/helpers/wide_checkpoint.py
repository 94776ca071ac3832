"""A wide network with random weights on a small encoder, which is installed for a test."""

from pathlib import Path

import torch

from ser.network.encoder_files import DATA_VARIABLE, EncoderSource, install
from ser.network.loading import save_checkpoint
from ser.network.wide_head import WideHead
from tests.helpers import small_encoder

ENCODER = small_encoder.model()
SOURCE = EncoderSource(**small_encoder.card_entry(ENCODER))


def small_head(*, heard: bool = True) -> WideHead:
    torch.manual_seed(0)
    head = WideHead(inputs=4 * small_encoder.WIDTH, width=16, hidden=8, direct=8, heard=heard)
    for parameter in head.parameters():
        if parameter.ndim > 1:
            parameter.data *= 2  # with its initial weights it scores all input alike
    return head.eval()


def write_checkpoint(folder: Path, *, heard: bool = True, **card) -> Path:
    """Write a wide checkpoint that names the small encoder on its card."""
    card = {"encoder": small_encoder.card_entry(ENCODER), "from_speech": True} | card
    save_checkpoint(folder, network=small_head(heard=heard), card=card)
    return folder


def install_encoder(tmp: Path, environment) -> None:
    """Install the small encoder in a data folder of the test's own, which `environment` (pytest's monkeypatch) names."""
    environment.setenv(DATA_VARIABLE, str(tmp / "data"))
    install(SOURCE, wheel=small_encoder.write_wheel(tmp / "package-1.0-py3-none-any.whl", ENCODER))
