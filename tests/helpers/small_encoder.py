"""An encoder of the structure that the wide network expects, small and with random weights, in a wheel of its own."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

WIDTH, POSITIONS, PARTS = 8, 400, 2
FILE, LICENCE = "package/data/encoder.onnx", "package-1.0.dist-info/licenses/LICENSE"


def model(seed: int = 0, *, layers: int = 4, positions: int = POSITIONS) -> bytes:
    """Two convolutions, positions, layers with attention in two parts, a layer norm, and an answer.

    With fewer positions it is the same encoder, which has the last ones of the 400 alone.
    """
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(POSITIONS, WIDTH)).astype(np.float32)
    tensors, nodes = [], []

    def tensor(name: str, value) -> str:
        tensors.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(name: str, *shape: int) -> str:
        return tensor(name, (rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32))

    def node(kind: str, *inputs: str, **attributes) -> str:
        output = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def norm(x: str) -> str:
        name = f"norm_{len(nodes)}"
        scale, bias = (
            tensor(f"{name}.{part}", np.full(WIDTH, part == "scale", np.float32))
            for part in ("scale", "bias")
        )
        return node("LayerNormalization", x, scale, bias, axis=-1)

    count = node("Shape", "log_mel", start=0, end=1)
    steps, all_of_it = tensor("steps", np.array([positions])), tensor("width", np.array([WIDTH]))
    parts, part = tensor("parts", np.array([PARTS])), tensor("part", np.array([WIDTH // PARTS]))
    by_part, together = (
        node("Concat", count, steps, parts, part, axis=0),
        node("Concat", count, steps, all_of_it, axis=0),
    )
    x = node("Relu", node("Conv", "log_mel", weights("first", WIDTH, 80, 3), pads=[1, 1]))
    x = node("Relu", node("Conv", x, weights("second", WIDTH, WIDTH, 3), pads=[1, 1], strides=[2]))
    x = node("Add", node("Transpose", x, perm=[0, 2, 1]), tensor("positions", places[-positions:]))
    for layer in range(layers):
        y = node("Transpose", node("Reshape", norm(x), by_part), perm=[0, 2, 1, 3])
        scores = node("Softmax", node("MatMul", y, node("Transpose", y, perm=[0, 1, 3, 2])), axis=-1)
        y = node("Reshape", node("Transpose", node("MatMul", scores, y), perm=[0, 2, 1, 3]), together)
        x = node("Add", x, node("MatMul", y, weights(f"attention.{layer}", WIDTH, WIDTH)))
        x = node("Add", x, node("Relu", node("MatMul", norm(x), weights(f"linear.{layer}", WIDTH, WIDTH))))
    pooled = node("ReduceMean", norm(x), tensor("axis", np.array([1])), keepdims=0)
    answer = node("Sigmoid", node("MatMul", pooled, weights("answer", WIDTH, 1)))
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("log_mel", TensorProto.FLOAT, ["n", 80, 2 * positions])],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, ["n", 1])],
        tensors,
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    checker.check_model(proto, full_check=True)
    return proto.SerializeToString()


def write_wheel(file: Path, encoder: bytes) -> Path:
    """Write the wheel of a package that holds an encoder and its licence."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE, encoder)
        archive.writestr(LICENCE, "Anyone may use this.")
    return file


def card_entry(encoder: bytes) -> dict[str, str]:
    """What a card says about the encoder in such a wheel."""
    sha256 = hashlib.sha256(encoder).hexdigest()
    return {"package": "package", "version": "1.0", "file": FILE, "licence": LICENCE, "sha256": sha256}
