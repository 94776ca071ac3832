"""Access to the app, the limits of a job, what the data set reveals, and where uploads are stored."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
import time

import gradio as gr
import numpy as np
import pytest
import soundfile

from ser.audio.reading import load_audio
from ser.corpus.crema_d import ServedCorpus
from ser.errors import UserError
from ser.hosting import access, uploads
from ser.ui.server.jobs import BROKEN, BUSY, MAX_ABANDONED, JobError, Jobs
from ser.util import deadline
from tests.conftest import ROOT
from tests.helpers.coroutines import run_coroutine


@pytest.fixture
def folder(uploads_folder):
    return uploads_folder


# ---- access


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_this_computer_needs_no_leave(host):
    assert access.choose_host(host, auth=False, public=False) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "listener.example"])
def test_others_are_let_in_with_a_password_or_when_it_is_said(host, monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    with pytest.raises(UserError, match="--auth USER:FILE, or add --public"):
        access.choose_host(host, auth=False, public=False)
    assert access.choose_host(host, auth=True, public=False) == host
    assert access.choose_host(host, auth=False, public=True) == host
    monkeypatch.setenv("SPACE_ID", "someone/listener")
    assert access.choose_host(host, auth=False, public=False) == host


def test_spaces_are_reached_from_everywhere_without_a_flag(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert access.choose_host(None, auth=False, public=False) == "127.0.0.1"
    monkeypatch.setenv("SPACE_ID", "someone/listener")
    assert access.choose_host(None, auth=False, public=False) == "0.0.0.0"


@pytest.fixture
def password_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("pass: wörd \nnote\n", encoding="utf-8")
    file.chmod(0o600)
    return file


def test_one_name_and_one_password_are_right(password_file, monkeypatch):
    monkeypatch.setattr(access, "WRONG_PASSWORD_DELAY_S", 0.0)
    login = access.Login.from_flag(f"anna:{password_file}")
    wrong = [("anna", "pass: wörd"), ("anna", ""), ("Anna", "pass: wörd "), ("", ""), ("anna", "\ud800")]
    assert run_coroutine(login.check("anna", "pass: wörd "))
    assert not any(run_coroutine(login.check(*given)) for given in wrong)


def test_wrong_passwords_wait_for_each_other_and_a_right_one_for_nobody(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    async def guess():
        login = access.Login("anna", "right")
        monkeypatch.setattr(access.asyncio, "sleep", sleep)
        async with login._delay_lock:  # someone else waits
            assert await asyncio.wait_for(login.check("anna", "right"), 5)
        return await login.check("anna", "wrong")

    assert run_coroutine(guess()) is False
    assert waited == [access.WRONG_PASSWORD_DELAY_S]
    assert access.WRONG_PASSWORD_DELAY_S >= 1


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("mode", [0o604, 0o644])
def test_a_password_that_others_may_read_is_refused(password_file, mode):
    password_file.chmod(mode)
    with pytest.raises(UserError, match="chmod 600"):
        access.Login.from_flag(f"anna:{password_file}")


@pytest.mark.parametrize("content", [b"", b"\nsecond line", b"\xff\xfe"])
def test_a_password_file_without_a_password_is_refused(password_file, content):
    password_file.write_bytes(content)
    with pytest.raises(UserError, match="password file"):
        access.Login.from_flag(f"anna:{password_file}")


@pytest.mark.parametrize("flag", ["anna", "anna:", ":file", "anna:/nowhere/password"])
def test_auth_names_a_user_and_a_file(flag):
    with pytest.raises(UserError, match="USER:FILE"):
        access.Login.from_flag(flag)


# ---- jobs


def test_a_job_answers_and_fails_as_it_would_alone():
    jobs = Jobs(60)
    assert jobs.event(lambda a, b: a + b)(1, 2) == 3
    with pytest.raises(gr.Error, match="a sentence"):
        jobs.event(lambda: (_ for _ in ()).throw(UserError("a sentence")))()


def test_what_nobody_foresaw_is_a_general_sentence_and_a_line_in_the_log(capsys):
    with pytest.raises(gr.Error) as caught:
        Jobs(60).event(lambda: {}["/home/anna/voice.wav"])()
    assert caught.value.message == BROKEN
    assert caught.value.print_exception is False
    assert "KeyError" in capsys.readouterr().err


def test_a_job_that_takes_too_long_is_told_and_stops():
    jobs, stopped = Jobs(0.05), threading.Event()

    def endless():
        try:
            while True:
                deadline.check_abandoned()
                time.sleep(0.001)
        finally:
            stopped.set()

    with pytest.raises(gr.Error, match=r"longer than 0\.05 s"):
        jobs.event(endless)()
    assert stopped.wait(10)
    assert "longer than 0.05 s" in jobs.message(endless)()["problem"]


def test_each_step_of_a_generator_is_a_job():
    def count(end, wait_s):
        yield from range(end)
        time.sleep(wait_s)
        raise UserError("a sentence")

    assert list(Jobs(60).steps(lambda: iter("ab"))()) == ["a", "b"]
    steps = Jobs(60).steps(count)(2, 0)
    assert [next(steps), next(steps)] == [0, 1]
    with pytest.raises(gr.Error, match="a sentence"):
        next(steps)
    steps = Jobs(0.05).steps(count)(1, 1)
    assert next(steps) == 0
    with pytest.raises(gr.Error, match=r"longer than 0\.05 s"):
        next(steps)


def test_jobs_that_do_not_stop_do_not_pile_up():
    jobs, end = Jobs(0.01), threading.Event()
    begun, ended = [], threading.Semaphore(0)

    def deaf():
        begun.append(1)
        end.wait(60)
        ended.release()

    for _ in range(MAX_ABANDONED):
        with pytest.raises(JobError, match="longer than"):
            jobs.run(deaf)
    with pytest.raises(JobError, match=BUSY):
        jobs.run(deaf)
    assert len(begun) == MAX_ABANDONED
    end.set()
    for _ in range(MAX_ABANDONED):
        assert ended.acquire(timeout=10)
    patient, until = Jobs(60), time.monotonic() + 10
    patient._abandoned = 0
    while jobs._abandoned:
        assert time.monotonic() < until
    assert patient.run(lambda: "an answer") == "an answer"


def test_nobody_is_given_up_outside_of_a_job():
    assert deadline.check_abandoned() is None


# ---- the data set


def test_a_link_out_of_the_data_set_is_not_followed(tmp_path):
    audio, elsewhere = tmp_path / "data" / "AudioWAV", tmp_path / "elsewhere.wav"
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").mkdir()
    audio.symlink_to(tmp_path / "disk")  # the whole folder may be on another disk
    soundfile.write(elsewhere, np.zeros(16_000), 16_000)
    soundfile.write(audio / "1001_DFA_ANG_XX.wav", np.zeros(16_000), 16_000)
    (audio / "1001_DFA_SAD_XX.wav").symlink_to(audio / "1001_DFA_ANG_XX.wav")
    (audio / "1002_DFA_ANG_XX.wav").symlink_to(elsewhere)
    corpus = ServedCorpus(tmp_path / "data")
    assert corpus.path("1001_DFA_ANG_XX").is_file()
    assert corpus.path("1001_DFA_SAD_XX").is_file()
    with pytest.raises(UserError, match="outside the data set"):
        corpus.path("1002_DFA_ANG_XX")


def test_decoding_ends_when_nobody_waits(tmp_path):
    soundfile.write(tmp_path / "long.wav", np.zeros(16_000), 16_000)
    given_up = threading.Event()
    given_up.set()
    with deadline.stop_when(given_up), pytest.raises(deadline.AbandonedError):
        load_audio(tmp_path / "long.wav")


# ---- uploads


def test_what_is_old_is_swept_and_what_is_new_stays(folder):
    now = time.time()
    uploads.sweep(folder, now=now + 60)
    assert (folder / "abc" / "voice.wav").is_file()
    uploads.sweep(folder, now=now + uploads.MAX_AGE_S + 60)
    assert not [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    assert (folder.parent / "secret.txt").read_text() == "secret"
    os.utime(folder / "abc", (now, now))
    uploads.sweep(folder, now=now + 60)
    assert (folder / "abc").is_dir()
    uploads.sweep(folder, now=now + uploads.MAX_AGE_S + 60)
    assert not (folder / "abc").exists()


def test_the_log_names_no_upload(folder):
    log = io.StringIO()
    stream = uploads.RedactedStream(log, folder)
    print(f"FileNotFoundError: '{folder}/abc/Anna's voice.wav' is gone", file=stream)
    print(f"no file {folder}/abc/Anna is sad.wav", file=stream)
    print("[type=value_error, input_value='t/pyte.../Anna, sad.wav', input_type=str]", file=stream)
    print("all is well", file=stream, flush=True)
    assert "Anna" not in log.getvalue()
    assert "voice" not in log.getvalue().replace("[an upload]'s voice.wav' is gone", "")
    assert log.getvalue().endswith("all is well\n")


PRIVATE = """
import os, stat, sys, time
from ser.hosting.uploads import exit_on_signals, private_folder
exit_on_signals()
with private_folder() as folder:
    (folder / "sub").mkdir()
    (folder / "sub" / "voice.wav").write_text("sound")
    print(folder, oct(stat.S_IMODE(folder.stat().st_mode)), flush=True)
    while True:  # not signal.pause(): a signal just before it would be handled only after the next one
        time.sleep(0.02)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_folder_is_private_and_goes_with_the_app(sent, tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", PRIVATE],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        name, mode = process.stdout.readline().split()
        assert name.startswith(str(tmp_path))
        assert mode == "0o700"
        process.send_signal(sent)
        try:
            process.wait(120)
        finally:
            process.kill()  # the end of the block would wait for it forever
    assert not list(tmp_path.iterdir())


def test_scoring_tells_nobody_and_leaves_nothing_behind(tmp_path):
    """ONNX Runtime stores what it would send in the user's cache and in the folder of temporary files."""
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    code = "from ser import Recognizer; Recognizer.load().recognize('ser/assets/examples/even.flac')"
    code += "; import sys; assert 'onnxruntime' in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | places, check=True)
    assert not [path for path in tmp_path.rglob("*") if "icrosoft" in path.name or path.name == ".ses"]
