"""Cut an encoder out of the ONNX graph of a larger model: the outputs of its layers, for input of any length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto

LAYER_OUTPUTS = slice(
    2, None, 2
)  # of the layer norms before the pooling: two a layer, then one after the last
LAYERS = 4


class StructureError(Exception):
    """A graph that is not an encoder of four layers with learned positions."""


def layers_of(model: bytes) -> bytes:
    """Return a model whose outputs are those of the four layers of an encoder, (n, steps, width) each.

    The encoder reads log-mels (n, 80, 2 * steps). Its positions are counted from the end: the last step gets the last
    position, so that the input may be shorter than the one that it was trained on.

    Parameters
    ----------
    model : an ONNX file: convolutions, learned positions, layers with two layer norms each, a layer norm, and what follows

    Raises
    ------
    StructureError
        if the graph has another structure
    """
    import onnx  # takes half a second, and is only needed once

    proto = onnx.load_from_string(model)
    graph = proto.graph
    norms = [node for node in graph.node if node.op_type == "LayerNormalization"]
    outputs = [norm.input[0] for norm in norms[: 2 * LAYERS + 1][LAYER_OUTPUTS]]
    if len(outputs) != LAYERS:
        raise StructureError(f"it has {len(norms)} layer norms, expected {2 * LAYERS + 1} or more")
    steps, width = _cut_positions(graph, norms[0].input[0])
    _keep_only_what_makes(graph, outputs)
    _free_steps(graph, steps)
    del graph.output[:], graph.value_info[:]
    for name in outputs:
        info = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", "steps", width])
        graph.output.append(info)
    sizes = graph.input[0].type.tensor_type.shape.dim
    sizes[0].dim_param, sizes[2].dim_param = "n", "frames"
    return proto.SerializeToString(deterministic=True)


def _cut_positions(graph: GraphProto, sum_name: str) -> tuple[int, int]:
    """Add the last positions to the steps in place of all of them; return how many there are, and their width."""
    from onnx import helper, numpy_helper

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    place, add = next((i, node) for i, node in enumerate(graph.node) if sum_name in node.output)
    positions = [name for name in add.input if name in tensors and len(tensors[name].dims) == 2]
    if add.op_type != "Add" or len(add.input) != 2 or len(positions) != 1:
        raise StructureError("no positions are added before its first layer")
    (name,) = positions
    (steps_name,) = (other for other in add.input if other != name)
    for constant, value in (("cut.end", np.iinfo(np.int64).max), ("cut.axis", 0)):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), constant))
    nodes = [
        helper.make_node("Shape", [steps_name], ["cut.steps"], start=1, end=2),
        helper.make_node("Neg", ["cut.steps"], ["cut.start"]),
        helper.make_node("Slice", [name, "cut.start", "cut.end", "cut.axis"], ["cut.positions"]),
    ]
    add.input[list(add.input).index(name)] = "cut.positions"
    for node in reversed(nodes):
        graph.node.insert(place, node)
    steps, width = tensors[name].dims
    return int(steps), int(width)


def _keep_only_what_makes(graph: GraphProto, outputs: list[str]) -> None:
    needed, nodes = set(outputs), []
    for node in reversed(graph.node):
        if needed & set(node.output):
            nodes.append(node)
            needed |= set(node.input)
    kept = nodes[::-1]
    tensors = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(tensors)


def _free_steps(graph: GraphProto, steps: int) -> None:
    """Let the shapes that name the number of steps infer it."""
    from onnx import TensorProto, numpy_helper

    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.INT64 or list(tensor.dims) != [1]:
            continue
        if numpy_helper.to_array(tensor).item() == steps:
            tensor.CopyFrom(numpy_helper.from_array(np.array([-1], np.int64), tensor.name))
