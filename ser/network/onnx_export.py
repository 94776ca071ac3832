"""Export a released network to ONNX, which scores faster and without PyTorch, and check the file against PyTorch."""

import contextlib
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ser.audio.features import MIN_FRAMES, N_FRAMES, N_MELS
from ser.errors import UserError
from ser.network.checkpoint import open_checkpoint, write_card
from ser.network.inputs import Inputs
from ser.network.loading import read_network
from ser.network.model import Network
from ser.network.runtime import OnnxRuntime, TorchRuntime
from ser.network.session import ONNX_FILE, fingerprints
from ser.network.wide_head import WideHead
from ser.network.wide_runtime import OnnxHead, TorchHead
from ser.util.files import write_atomically

# PyTorch follows an LSTM step by step, so a short example is exported in a fraction of the time. The file takes any size.
EXAMPLE_FRAMES, EXAMPLE_STEPS = 40, 10
MAX_DIFFERENCE = 1e-4  # between the two runtimes' logits of a clip
OPSET = 18
MISSING = 3  # exit status of the exporting process where packages are missing
PARTS_OF_GRAPH = ("node", "value_info", "input", "output", "initializer")


class ExportError(UserError):
    """A network that cannot be written as ONNX."""


class _Answers(nn.Module):
    """A network whose `forward` returns all logits, those of the second head included, and the embedding."""

    def __init__(self, network: Network | WideHead):
        super().__init__()
        self.network = network

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        embedding = self.network.embed(features, lengths)
        return self.network.answers_of(embedding), embedding


def add_onnx(folder: str | os.PathLike) -> Path:
    """Write `network.onnx` into a checkpoint folder and record on its card what it was made from.

    Raises
    ------
    ExportError
        if the packages for it are not installed, or the file does not give PyTorch's numbers
    CheckpointError
        if there is no checkpoint in `folder`
    """
    folder = Path(folder)
    checkpoint = open_checkpoint(folder)
    network = read_network(checkpoint)
    with write_atomically(folder / ONNX_FILE) as file:
        file.write(onnx_bytes(network))
    difference = largest_difference(network, folder / ONNX_FILE)
    if difference > MAX_DIFFERENCE:
        (folder / ONNX_FILE).unlink()
        raise ExportError(
            f"The logits of ONNX Runtime and PyTorch differ by {difference:.1g}: release without {ONNX_FILE}."
        )
    write_card(folder, checkpoint.card | {"onnx": fingerprints(folder)})
    return folder / ONNX_FILE


def onnx_bytes(network: Network | WideHead) -> bytes:
    """Return the ONNX file of a network, as bytes.

    It takes any number of windows, and any number of frames if the network ignores padding, or of steps. It is made in a
    process of its own: in PyTorch 2.13, a second export in a process may fix the number of steps to that of the example.

    Raises
    ------
    ExportError
        if the packages for it are not installed, or PyTorch cannot export the network
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    code = f"from {__name__} import serve_export; serve_export()"
    run = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(network),
        capture_output=True,
        env=environment,
        check=False,
    )
    if run.returncode == MISSING:
        raise ExportError(
            f"The packages onnx and onnxscript are needed for {ONNX_FILE}: pip install onnx onnxscript."
        )
    if run.returncode or not run.stdout:
        reason = (run.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise ExportError(f"PyTorch cannot export the network ({reason}): release without {ONNX_FILE}.")
    return run.stdout


def serve_export() -> None:
    """Write the ONNX file of the pickled network on standard input to standard output; exit with `MISSING` if unable."""
    network = pickle.load(sys.stdin.buffer)
    _skip_lstm_steps()
    output, sys.stdout = sys.stdout.buffer, sys.stderr  # what the exporter prints is not part of the file
    try:
        output.write(_export(network))
    except ImportError:
        sys.exit(MISSING)


def _skip_lstm_steps() -> None:
    """Keep PyTorch from computing an LSTM step by step, over and over, to learn the shapes of its results.

    That is half of the time of an export. The table is not a public part of PyTorch: without it, an export takes longer.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from torch._decomp import decomposition_table

        decomposition_table[torch.ops.aten.lstm.input] = _shapes_of_lstm


def _shapes_of_lstm(
    x: torch.Tensor, state: Sequence[torch.Tensor], _weights: Sequence[torch.Tensor], *how: Any
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return results of the right shapes for `torch.ops.aten.lstm.input`: output, last hidden state, last cell state."""
    *_, bidirectional, _batch_first = how
    width = state[0].shape[-1] * (2 if bidirectional else 1)
    return x.new_empty((*x.shape[:-1], width)), torch.empty_like(state[0]), torch.empty_like(state[1])


def _export(network: Network | WideHead) -> bytes:
    clips = torch.export.Dim("clips")
    if isinstance(network, WideHead):
        steps = EXAMPLE_STEPS
        name, examples = "steps", (torch.randn(2, steps, network.inputs), torch.tensor([steps, steps - 3]))
        sizes = {0: clips, 1: torch.export.Dim("steps", min=1)}
    else:
        n_frames = EXAMPLE_FRAMES if network.ignores_padding else N_FRAMES
        name = "features"
        examples = (torch.randn(2, 1, N_MELS, n_frames), torch.tensor([n_frames, n_frames - 12]))
        frames = torch.export.Dim("frames", min=MIN_FRAMES)
        sizes = {0: clips} | ({3: frames} if network.ignores_padding else {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own code
        program = torch.onnx.export(
            _Answers(network).eval(),
            examples,
            input_names=[name, "lengths"],
            output_names=["logits"],
            dynamic_shapes=(sizes, {0: clips}),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    assert program is not None, "it is None only when the exporter writes a file itself"
    model = program.model_proto
    for graph in (model.graph, *model.functions):
        _forget_origin(graph)
    return model.SerializeToString()


def _forget_origin(graph: Any) -> None:
    """Remove the origin of each part of a graph or function: stack traces with paths of this machine."""
    for kind in PARTS_OF_GRAPH:
        for part in getattr(graph, kind, ()):
            if not isinstance(part, str):  # the inputs and outputs of functions are names
                part.ClearField("metadata_props")
                part.ClearField("doc_string")
    graph.ClearField("metadata_props")
    for node in graph.node:
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                _forget_origin(inner)


def largest_difference(network: Network | WideHead, file: Path) -> float:
    """Return the largest difference between the two runtimes' logits.

    Compared on 24 random windows of all lengths, one at a time in ONNX Runtime and together in PyTorch.
    """
    generator = np.random.default_rng(0)
    if isinstance(network, WideHead):
        return _difference_of_heads(network, file, generator)
    features = generator.normal(size=(24, 1, N_MELS, N_FRAMES)).astype(np.float32)
    lengths = np.linspace(1, N_FRAMES, len(features)).astype(np.int64)
    inputs, runtime = Inputs(features, lengths), OnnxRuntime(file)
    singly = [runtime(inputs.part(slice(i, i + 1))) for i in range(len(inputs))]
    together = TorchRuntime(network)(inputs)
    return float(np.abs(together - np.concatenate(singly)).max())


def _difference_of_heads(network: WideHead, file: Path, generator: np.random.Generator) -> float:
    longest, inputs = 150, network.inputs
    steps = network.deviation.numpy() * generator.normal(size=(24, longest, inputs)) + network.mean.numpy()
    steps, lengths = steps.astype(np.float32), np.linspace(1, longest, 24).astype(np.int64)
    head = OnnxHead(file, inputs=inputs)
    singly = [head(steps[i : i + 1, : lengths[i]], lengths[i : i + 1])[0] for i in range(len(steps))]
    return float(np.abs(TorchHead(network)(steps, lengths)[0] - np.concatenate(singly)).max())
