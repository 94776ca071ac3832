"""Work on a cluster: a real Dask scheduler and worker processes on loopback."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest

from ser.__main__ import main
from ser.corpus.crema_d import Corpus
from ser.corpus.prepare import prepare
from ser.recognition.bulk import recognize_all
from ser.recognition.recognizer import Recognizer
from ser.recognition.result import Unscored
from ser.util.parallel import ClusterError, spread

pytest.importorskip("distributed", reason="pip install distributed")
REPOSITORY = Path(__file__).parents[2]
VOICE = REPOSITORY / "ser/assets/examples/even.flac"
UP_S = 60  # for a process of Dask to start on a busy machine
CLIPS = 64
SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "DFA")


class Cluster:
    """A scheduler, and workers of one thread each."""

    def __init__(self, folder: Path, allowed_failures: int = 3):
        self._stack, self._folder = ExitStack(), folder
        os.environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = str(allowed_failures)
        scheduler = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.scheduler, log_line = self._start("dask_scheduler", *scheduler, says="Scheduler at:")
        self.address = re.search(r"tcp://[\d.:]+", log_line)[0]

    def _start(self, program: str, *arguments: str, says: str) -> tuple[subprocess.Popen, str]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
        process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        self._stack.callback(_end, process)
        late = threading.Timer(UP_S, process.kill)
        late.start()
        log_line = next((line for line in process.stderr if says in line), None)
        late.cancel()
        assert log_line, f"{program} ended before it wrote {says!r}"
        # The rest is not needed, but a full pipe would stop the process.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        return process, log_line

    def add_worker(self) -> subprocess.Popen:
        """Start a worker that is not restarted if it is lost."""
        plain = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self._folder))
        return self._start("dask_worker", self.address, *plain, says="Registered to")[0]

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _end(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("dask")) as running:
        running.add_worker()
        running.add_worker()
        yield running


@pytest.fixture(scope="module")
def some_clips(tmp_path_factory, crema_d) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    corpus = Corpus(crema_d)
    for clip in corpus.modelling.index[:CLIPS]:
        (folder / corpus.path(clip).name).symlink_to(corpus.path(clip))
    (folder / "broken.wav").write_bytes(b"no sound")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def apart(value: object) -> tuple[object, list[float]]:
    """Return a value of dicts and sequences with a dash in place of each float, and the floats."""
    if isinstance(value, float):
        return "-", [value]
    if isinstance(value, dict):
        rest, numbers = apart([*value.values()])
        return {"keys": [*value], "values": rest}, numbers
    if isinstance(value, (list, tuple)):
        pieces = [apart(one) for one in value]
        return [rest for rest, _ in pieces], [number for _, numbers in pieces for number in numbers]
    return value, []


def test_prepare_makes_the_files_of_one_machine(cluster, some_clips, tmp_path):
    alone = prepare(some_clips, out=tmp_path / "alone", png=True, jobs=1)
    together = prepare(some_clips, out=tmp_path / "together", png=True, cluster=cluster.address)
    assert together == alone
    assert (together.prepared, len(together.skipped)) == (CLIPS, 1)
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


@pytest.mark.slow
def test_recognize_gives_the_numbers_of_one_machine(cluster, some_clips):
    recognizer, files = Recognizer.load(), [str(file) for file in sorted(some_clips.iterdir())]
    alone = list(recognize_all(recognizer, files=files))
    for elsewhere in ({"cluster": cluster.address}, {"jobs": 2}):
        results = list(recognize_all(recognizer, files=files, **elsewhere))
        (other, numbers), (expected, exact) = (apart([*map(asdict, them)]) for them in (results, alone))
        assert other == expected
        # Clips are scored in other company, which changes the last digits.
        assert numbers == pytest.approx(exact, abs=1e-5)
    assert [result.file for result in alone] == files
    assert [Path(result.file).name for result in alone if isinstance(result, Unscored)] == ["broken.wav"]


def test_the_commands_print_what_they_print_on_one_machine(cluster, tmp_path, capsys, monkeypatch):
    shutil.copy(VOICE, tmp_path / "voice.flac")
    monkeypatch.chdir(tmp_path)  # the workers are in another folder
    command = ["recognize", "voice.flac", "none.wav", "--format", "json"]
    printed = []
    for more in ([], ["--cluster", cluster.address]):
        assert main(command + more) == 1  # for none.wav
        printed.append(capsys.readouterr().out.replace(f"{tmp_path}{os.sep}", ""))
    assert printed[0] == printed[1]


@pytest.fixture(scope="module")
def few_actors(tmp_path_factory, crema_d) -> Path:
    """Return half of the sentences of two validation actors and one from training, of whose clips babble is made."""
    corpus, root = Corpus(crema_d), tmp_path_factory.mktemp("few")
    (root / "AudioWAV").mkdir()
    split = corpus.split()
    clips = corpus.modelling
    chosen = clips[clips["actor"].isin((*split.val[:2], split.train[0])) & clips["sentence"].isin(SENTENCES)]
    for clip in chosen.index:
        (root / "AudioWAV" / corpus.path(clip).name).symlink_to(corpus.path(clip))
    return root


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--profile", "prompted"], ["--conditions", "telephone"]])
def test_evaluate_prints_what_it_prints_on_one_machine(cluster, few_actors, capsys, more):
    printed = []
    for where in ([], ["--jobs", "2"], ["--cluster", cluster.address]):
        assert main(["evaluate", "--data", str(few_actors), *more, *where]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] == printed[2]


@pytest.mark.slow
def test_a_lost_worker_costs_nothing(tmp_path, some_clips):
    alone, out = prepare(some_clips, out=tmp_path / "alone", png=True, jobs=1), tmp_path / "out"
    with Cluster(tmp_path) as cluster:
        cluster.add_worker()
        lost = cluster.add_worker()

        def kill_half_way() -> None:
            while len(list(out.glob("mel_npy/*.npy"))) < CLIPS // 2:
                time.sleep(0.01)  # a busy loop would take the time of the workers
            lost.kill()

        killer = threading.Thread(target=kill_half_way, daemon=True)
        killer.start()
        result = prepare(some_clips, out=out, png=True, cluster=cluster.address)
        killer.join()
    assert lost.returncode == -signal.SIGKILL
    assert result == alone
    assert contents(out) == contents(tmp_path / "alone")


@pytest.mark.slow
def test_a_lost_scheduler_is_told(tmp_path):
    with Cluster(tmp_path) as cluster:
        cluster.add_worker()
        results = spread(time.sleep, tasks=[0.0] + [60.0] * 3, cluster=cluster.address)
        assert next(results) is None
        cluster.scheduler.kill()
        with pytest.raises(ClusterError, match="was lost"):
            list(results)


@pytest.mark.slow
def test_what_is_wrong_with_a_cluster_is_told(tmp_path, capsys):
    with Cluster(tmp_path, allowed_failures=0) as cluster:
        for address in (cluster.address, "tcp://127.0.0.1:1", "here"):
            assert main(["recognize", str(VOICE), "--cluster", address]) == 1
        nobody, *elsewhere = capsys.readouterr().err.splitlines()
        assert "has no workers" in nobody
        assert ["No Dask scheduler answers" in line for line in elsewhere] == [True, True]
        cluster.add_worker()
        with pytest.raises(ClusterError, match="were lost at the same task"):
            list(spread(os._exit, tasks=range(4), cluster=cluster.address))
