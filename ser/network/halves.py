"""Split a network's ONNX file in two for scoring: the convolutions, and what follows them.

Windows of different lengths can only be scored together if all that the padding adds to the shorter ones is masked after each
convolution, which costs a tenth of the time. Here the convolutions run on windows of one length at a time, without masks, and
in batches that fit the cache; the LSTMs run on many windows of any lengths, whose weights they then read once. The numbers
are those of the whole file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ser.util.protobuf import field, fields

STEPS = "view"  # what passes from the convolutions to the rest: (windows, steps, channels * bands)

# Numbers of the fields in onnx.proto
_GRAPH = 7
_NODE, _GRAPH_NAME, _INITIALIZER, _INPUT, _OUTPUT = 1, 2, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _KIND, _ATTRIBUTE = 1, 2, 4, 5
_SUBGRAPH, _SUBGRAPHS = 6, 11  # of an attribute
_TENSOR_NAME, _VALUE_NAME, _TYPE, _TENSOR_TYPE = 8, 1, 2, 1
_ELEMENT, _SHAPE, _DIMENSION, _DIMENSION_NAME = 1, 2, 1, 2
_FLOAT = 1


class _Node(NamedTuple):
    kind: str
    inputs: list[str]
    outputs: list[str]
    content: bytes
    is_simple: bool  # has no graphs inside


@dataclass
class _Graph:
    nodes: list[_Node]
    tensors: dict[str, bytes]  # encoded, by name
    inputs: dict[str, bytes]
    outputs: dict[str, bytes]


class Halves(NamedTuple):
    """Two ONNX files.

    Attributes
    ----------
    front : features (n, 1, 128, frames) and lengths (n,), all of them equal to frames -> `STEPS`
    back : `STEPS`, zero-padded where windows are shorter, lengths (n,) in frames, and features (1, 1, 1, frames), of which only
        the number of frames counts -> the outputs of the whole file
    """

    front: bytes
    back: bytes


def split_model(model: bytes) -> Halves | None:
    """Return the two halves of an ONNX file of `ser.network.onnx_export`; None if it is not of a kind that can be split.

    That is one whose convolutions are masked, so that frames after `lengths` change nothing.
    """
    graph = _read(model)
    after_convolution = {name for node in graph.nodes if node.kind == "Conv" for name in node.outputs}
    is_mask = [node.kind == "Mul" and node.inputs[0] in after_convolution for node in graph.nodes]
    first_product = next((node for node in graph.nodes if node.kind == "MatMul"), None)
    if sum(is_mask) != len(after_convolution) or first_product is None or len(graph.inputs) != 2:
        return None
    features, _ = graph.inputs
    if not all(node.is_simple for node in graph.nodes):
        return None
    steps = first_product.inputs[0]
    unmasked = [
        _identity(node.inputs[0], node.outputs[0]) if masks else node
        for node, masks in zip(graph.nodes, is_mask, strict=True)
    ]
    front = _needed(unmasked, outputs=[steps], given=list(graph.inputs))
    back = _needed(graph.nodes, outputs=list(graph.outputs), given=[steps, *graph.inputs])
    if any(node.kind == "Conv" for node in back):
        return None
    rename = {steps: STEPS}
    return Halves(
        _written(model, graph, front, inputs=graph.inputs, outputs={steps: _value(STEPS, 3)}, rename=rename),
        _written(
            model,
            graph,
            back,
            inputs=graph.inputs | {features: _value(features, 4), steps: _value(STEPS, 3)},
            outputs=graph.outputs,
            rename=rename,
        ),
    )


def _read(model: bytes) -> _Graph:
    graph = _Graph([], {}, {}, {})
    for number, start, stop, _ in fields(model):
        if number != _GRAPH:
            continue
        for inner, first, last, _ in fields(model, at=start, stop=stop):
            content = model[first:last]
            if inner == _NODE:
                graph.nodes.append(_node(content))
            elif inner == _INITIALIZER:
                graph.tensors[_text(content, _TENSOR_NAME)] = content
            elif inner == _INPUT:
                graph.inputs[_text(content, _VALUE_NAME)] = content
            elif inner == _OUTPUT:
                graph.outputs[_text(content, _VALUE_NAME)] = content
    return graph


def _node(content: bytes) -> _Node:
    inputs, outputs, kind, is_simple = [], [], "", True
    for number, start, stop, _ in fields(content):
        if number == _NODE_INPUT:
            inputs.append(content[start:stop].decode())
        elif number == _NODE_OUTPUT:
            outputs.append(content[start:stop].decode())
        elif number == _KIND:
            kind = content[start:stop].decode()
        elif number == _ATTRIBUTE:
            is_simple &= not any(
                inner in (_SUBGRAPH, _SUBGRAPHS) for inner, *_ in fields(content, at=start, stop=stop)
            )
    return _Node(kind, inputs, outputs, content, is_simple)


def _text(content: bytes, wanted: int) -> str:
    return next(
        content[start:stop].decode() for number, start, stop, _ in fields(content) if number == wanted
    )


def _identity(value: str, name: str) -> _Node:
    content = field(_NODE_INPUT, value) + field(_NODE_OUTPUT, name) + field(_KIND, "Identity")
    return _Node("Identity", [value], [name], content, True)


def _value(name: str, dimensions: int) -> bytes:
    """Return the declaration of a float32 value of any size."""
    sizes = b"".join(
        field(_DIMENSION, field(_DIMENSION_NAME, f"{name}_{axis}")) for axis in range(dimensions)
    )
    kind = field(_TENSOR_TYPE, field(_ELEMENT, _FLOAT) + field(_SHAPE, sizes))
    return field(_VALUE_NAME, name) + field(_TYPE, kind)


def _needed(nodes: list[_Node], *, outputs: list[str], given: list[str]) -> list[_Node]:
    """Return the nodes, in order, that compute the outputs from what is given."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.difference(given) & set(node.outputs):
            kept.append(node)
            wanted |= set(node.inputs)
    return kept[::-1]


def _written(
    model: bytes,
    graph: _Graph,
    nodes: list[_Node],
    *,
    inputs: dict[str, bytes],
    outputs: dict[str, bytes],
    rename: dict[str, str],
) -> bytes:
    """Return the model with other nodes, and only the tensors that they read."""
    read = {name for node in nodes for name in node.inputs}
    content = b"".join(field(_NODE, _renamed(node, rename)) for node in nodes)
    content += field(_GRAPH_NAME, "half")
    content += b"".join(field(_INITIALIZER, tensor) for name, tensor in graph.tensors.items() if name in read)
    content += b"".join(field(_INPUT, value) for name, value in inputs.items() if name in read)
    content += b"".join(field(_OUTPUT, value) for value in outputs.values())
    parts = [
        field(number, model[start:stop] if stop > start else value)
        for number, start, stop, value in fields(model)
        if number != _GRAPH
    ]
    return b"".join([*parts, field(_GRAPH, content)])


def _renamed(node: _Node, rename: dict[str, str]) -> bytes:
    if not rename.keys() & {*node.inputs, *node.outputs}:
        return node.content
    content = b""
    for number, start, stop, value in fields(node.content):
        if number in (_NODE_INPUT, _NODE_OUTPUT):
            name = node.content[start:stop].decode()
            content += field(number, rename.get(name, name))
        else:
            content += field(number, node.content[start:stop] if stop > start else value)
    return content
