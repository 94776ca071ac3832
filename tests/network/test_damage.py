"""Damaged, foreign, newer, hostile or unreachable checkpoints: one sentence, or the usable files are used."""

import json
import os
import pickle
import resource
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from ser.__main__ import main
from ser.network.checkpoint import DEFAULT_CHECKPOINT, CheckpointError, load_card, open_checkpoint
from ser.network.loading import load_checkpoint, save_checkpoint
from ser.network.model import EmotionNet
from ser.network.runtime import TorchRuntime, open_runtime
from ser.network.session import ONNX_FILE, fingerprints
from ser.recognition.recognizer import Recognizer
from ser.training.recipes import RECIPES, TrainingOptions
from ser.training.run import TrainError, train

NOBODY = 65534
SOUND = np.sin(np.arange(16_000) / 9).astype(np.float32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(0)
    network = EmotionNet(channels=(16, 16), strides=((2, 1), (2, 2)), hidden=16)
    save_checkpoint(
        folder, network=network, card={"temperature": 1.5, "verdict": {"sure": 0.8, "leaning": 0.5}}
    )
    return folder


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return shutil.copytree(whole, tmp_path / "checkpoint")


@pytest.fixture
def released(tmp_path) -> Path:
    return shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "released")


def refused(folder: Path, said: str = ".") -> str:
    """Return the sentence of the error that refuses a checkpoint."""
    with pytest.raises(CheckpointError, match=said) as caught:
        Recognizer.load(folder)
    sentence = str(caught.value)
    assert len(sentence) < 3000
    assert sentence.isprintable()
    assert str(folder) in sentence
    return sentence


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def tenths(content: bytes) -> list[bytes]:
    return [content[: len(content) * i // 10] for i in range(10)]


# ---- damaged


@pytest.mark.parametrize("name", ["card.json", "weights.pt"])
def test_a_file_cut_at_any_tenth_is_refused(folder, name):
    for part in tenths((folder / name).read_bytes()):
        (folder / name).write_bytes(part)
        refused(folder, name.replace(".", r"\."))


def test_a_wrong_byte_in_the_weights_is_refused_or_changes_nothing(folder, whole):
    content, expected = (whole / "weights.pt").read_bytes(), load_checkpoint(whole).network.state_dict()
    places = sorted(
        {*range(0, len(content), len(content) // 60), *range(len(content) - 200, len(content), 9)}
    )
    refusals = 0
    for at in places:
        (folder / "weights.pt").write_bytes(flipped(content, at))
        try:
            found = load_checkpoint(folder).network.state_dict()
        except CheckpointError:
            refusals += 1
        else:
            assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert refusals > len(places) / 2


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_a_wrong_byte_on_the_card_never_shows_as_anything_but_a_sentence(folder, whole):
    content, refusals = (whole / "card.json").read_bytes(), 0
    for at in range(0, len(content), 7):
        for wrong in (flipped(content, at), content[:at] + b"9" + content[at + 1 :]):
            (folder / "card.json").write_bytes(wrong)
            try:
                card = load_card(folder)
                assert 0 < card.get("temperature", 1.0) < 1e6
                load_checkpoint(folder)
            except CheckpointError:
                refusals += 1
    assert refusals > 100


def test_what_is_wrong_with_the_onnx_file_leaves_the_weights(released):
    content = (released / ONNX_FILE).read_bytes()
    scores = Recognizer.load(released).recognize(SOUND).scores
    wrong = [flipped(content, len(content) * i // 5) for i in range(5)]
    for damaged in (*wrong, *tenths(content)[::3], content + b"\0"):
        (released / ONNX_FILE).write_bytes(damaged)
        assert isinstance(open_runtime(open_checkpoint(released)), TorchRuntime)
    assert Recognizer.load(released).recognize(SOUND).scores == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_an_onnx_file_without_its_weights_is_not_used(released, damage):
    weights = released / "weights.pt"
    content = weights.read_bytes()
    weights.unlink()
    if damage == "cut":
        weights.write_bytes(content[:-1])
    refused(released, r"weights\.pt is (damaged|missing)")


# ---- foreign and newer


@pytest.mark.parametrize("size", ["of another shape", "cut", "text"])
def test_a_foreign_onnx_file_that_the_card_names_is_not_used(released, size):
    content = (released / ONNX_FILE).read_bytes()
    foreign = {"of another shape": _other_onnx(), "cut": content[: len(content) // 2], "text": b"hello"}[size]
    (released / ONNX_FILE).write_bytes(foreign)
    card = load_card(released)
    (released / "card.json").write_text(json.dumps(card | {"onnx": fingerprints(released)}))
    assert isinstance(Recognizer.load(released).runtime, TorchRuntime)


def _other_onnx() -> bytes:
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "ab"]
    graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "g", ends[:1], ends[1:])
    opset = helper.make_opsetid("", 18)
    return helper.make_model(graph, opset_imports=[opset], ir_version=10).SerializeToString()


class _Code:
    """Leaves a mark if the code in a pickle runs."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return (Path.write_text, (self.mark, "code ran"))


@pytest.mark.parametrize("kind", ["plain pickle", "old torch format", "torch format", "within the weights"])
def test_code_in_a_pickle_does_not_run(folder, tmp_path, kind):
    weights, code = folder / "weights.pt", _Code(tmp_path / "mark")
    if kind == "plain pickle":
        weights.write_bytes(pickle.dumps({"head.weight": code}))
    elif kind == "within the weights":
        torch.save(load_checkpoint(folder).network.state_dict() | {"head.weight": code}, weights)
    else:
        torch.save({"head.weight": code}, weights, _use_new_zipfile_serialization=kind == "torch format")
    refused(folder, r"weights\.pt is damaged")
    shutil.copy(weights, folder / "state.pt")
    with pytest.raises(TrainError, match=r"state\.pt is damaged.*another --out"):
        train(TrainingOptions(data=tmp_path, out=folder, recipe=RECIPES["emotion"], resume=True))
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda w: {**w, "head.bias": w["head.bias"].double()},
        lambda w: {**w, "head.bias": w["head.bias"][:1].expand(6)},
        lambda w: {**w, "head.bias": w["head.bias"].to("meta")},
        lambda w: {**w, "head.bias": w["head.bias"].to_sparse()},
        lambda w: {**w, "head.bias": w["head.bias"].tolist()},
        lambda w: {**w, "head.bias": w["head.bias"] * float("nan")},
        lambda w: {**w, "head.bias": w["head.bias"] + 1e30},
        lambda w: {**w, "stem.norm.running_var": -w["stem.norm.running_var"]},
        lambda w: {**w, "more": w["head.bias"]},
        lambda w: {k: v for k, v in w.items() if k != "head.bias"},
        lambda w: list(w.values()),
        lambda w: w["head.bias"],
        lambda w: {},
        lambda w: None,
    ],
)
def test_weights_that_are_not_this_networks_are_refused(folder, change):
    torch.save(change(load_checkpoint(folder).network.state_dict()), folder / "weights.pt")
    refused(
        folder,
        r"weights\.pt (belongs to another network|holds a value out of range|holds a negative variance|is damaged)",
    )


def test_a_newer_checkpoint_is_refused_by_its_format(folder, capsys):
    card = load_card(folder)
    (folder / "card.json").write_text(json.dumps({**card, "format": 2, "labels": {"more": 1}}))
    refused(folder, "format is 2, expected 1; labels is .*use the version that made it")
    assert main(["recognize", "a.wav", "--checkpoint", str(folder)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"split": None},
        {"split": {"train": "1001", "val": [], "test": []}},
        {"split": {"train": [[]], "val": [], "test": []}},
        {"split": {"train": ["\x1b[2J"], "val": [], "test": []}},
        {"verdict": None},
        {"verdict": {"sure": "0.8"}},
        {"verdict": {"sure": 0.8, "certain": 0.9}},
        {"temperature": True},
        {"temperature": None},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": 10**400},
        {"metrics": []},
        {"metrics": {"test": {"accuracy": 0.5}}},
        {"metrics": {"test": {"accuracy": 5, "clips": 1}}},
        {"metrics": {"test": {"clips": 1, "confusion": [[1]]}}},
        {"metrics": {"test": {"per_emotion": {"ANG": 0.5}}}},
        {"people": {"votes": {}}},
        {"people": []},
        {"groups": {"sex": [{"group": "<b>"}]}},
        {"training": {"best_epoch": -1}},
        {"training": "long"},
        {"data_licence": 1},
        {"data_licence": "x" * 10_000},
        {"from_speech": "no"},
        {"labels": ["x" * 1_000_000]},
        {"network": "emotion\n" * 100_000},
        {"features": []},
        {"format": [[[[[[]]]]]]},
        {"arguments": []},
        {"arguments": {"channels": "wide"}},
        {"arguments": {"channels": []}},
        {"arguments": {"channels": [0, 0]}},
        {"arguments": {"channels": [16.0, 16.0]}},
        {"arguments": {"strides": [[0, 0], [1, 1]]}},
        {"arguments": {"strides": 5}},
        {"arguments": {"hidden": -1}},
        {"arguments": {"hidden": "a"}},
        {"arguments": {"dropout": 7}},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_card_of_another_program_is_refused(folder, change):
    card = load_card(folder)
    (folder / "card.json").write_text(json.dumps(card | change))
    refused(folder)


@pytest.mark.parametrize(
    "text",
    [b"\xff\xfe", b"null", b"[" * 100_000, b'{"format": ' * 50_000, b'{"format": ' + b"9" * 5000 + b"}"],
    ids=["not text", "null", "deep list", "deep objects", "long number"],
)
def test_a_card_that_is_no_card_is_refused(folder, text):
    (folder / "card.json").write_bytes(text)
    refused(folder)


# ---- sizes


@pytest.mark.parametrize(
    "arguments",
    [
        {"channels": [10**6 * 16] * 32, "strides": [[1, 1]] * 32},
        {"channels": [16] * 100_000, "strides": [[1, 1]] * 100_000},
        {"channels": [16, 16], "hidden": 10**9},
        {"channels": [16, 16], "hidden": 10**30},
        {"channels": [16 * 10**400, 16]},
        {"channels": [16, 16], "strides": [[10**400, 1], [1, 1]]},
    ],
    ids=["wide", "deep", "large", "larger", "beyond numbers", "stride"],
)
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_huge_sizes_on_the_card_take_no_memory(folder, arguments):
    card = load_card(folder)
    (folder / "card.json").write_text(json.dumps(card | {"arguments": arguments}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("name", ["card.json", "weights.pt", ONNX_FILE])
def test_huge_files_are_not_read(released, name):
    os.truncate(released / name, 100 * 2**30)  # a sparse file, which takes no disk space
    if name == ONNX_FILE:
        assert isinstance(Recognizer.load(released).runtime, TorchRuntime)
    else:
        refused(released, name.replace(".", r"\."))


def test_packed_weights_are_not_unpacked(folder):
    weights = folder / "weights.pt"
    with (
        zipfile.ZipFile(weights, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a/data.pkl", "w") as file,
    ):
        for _ in range(50):
            file.write(bytes(10**6))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(folder, r"weights\.pt is damaged")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # KiB


# ---- unreadable


@pytest.mark.parametrize("instead", ["folder", "pipe", "loop", "device"])
@pytest.mark.parametrize("name", ["card.json", "weights.pt", ONNX_FILE])
def test_what_is_no_file_is_not_opened(released, name, instead):
    file = released / name
    file.unlink()
    if instead == "folder":
        file.mkdir()
    elif instead == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(file if instead == "loop" else "/dev/zero")
    if name == ONNX_FILE:
        assert isinstance(open_runtime(open_checkpoint(released)), TorchRuntime)
    else:
        refused(released)


def test_a_file_in_place_of_the_folder_is_named(folder):
    refused(folder / "weights.pt", "is a file: point --checkpoint at the folder")


@pytest.mark.parametrize("name", ["", "card.json", "weights.pt"])
def test_what_may_not_be_read_is_named(folder, name):
    locked = folder / name
    for parent in [one for one in folder.parents if one.owner() == folder.owner()][:3]:
        parent.chmod(0o755)
    locked.chmod(0)
    root = os.geteuid() == 0  # permissions do not apply to root
    if root:
        os.seteuid(NOBODY)
    try:
        refused(folder, "cannot be read: .*permission denied")
    finally:
        if root:
            os.seteuid(0)
        locked.chmod(0o755)
