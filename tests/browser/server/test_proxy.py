"""Two processes of the app behind nginx, with the documented configuration."""

import itertools
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, Request, expect

from ser.benchmark.load_test import Clip, Tally, connect, make_clips, use
from ser.recognition.recognizer import Recognizer
from tests.browser.conftest import Server, free_port, serving, shown_scores, wait_until
from tests.helpers.hosting import NGINX, find_nginx

# Around nginx.conf, which belongs in `http`. Everything it writes goes to the folder of the test.
AROUND = """
pid nginx.pid;
error_log error.log;
events {}
http {
    log_format who '$listener $upstream_addr $status $uri';
    access_log access.log who;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include emotion-listener.conf;
}
"""

pytestmark = pytest.mark.slow
JOIN = "/gradio_api/queue/join"
TAKES = "#sitting ol.takes > li"
EACH = 3  # users of each process


@dataclass
class Proxy:
    address: str
    servers: dict[str, Server]  # by the address that nginx knows them by
    folder: Path
    start: Callable[..., Server]

    def restart(self, there: str) -> None:
        self.servers[there] = self.start("--port", there.rpartition(":")[2])

    def log(self) -> list[str]:
        """A line for each request: client, process or processes that were tried, status, path."""
        return (self.folder / "access.log").read_text().splitlines()

    def seen(self) -> dict[str, set[str]]:
        """Which processes answered each client, up to now; of a request that was moved on all that were tried."""
        processes: dict[str, set[str]] = {}
        for line in self.log():
            client, *upstreams = re.split(r",? ", line)[:-2]
            processes.setdefault(client, set()).update(upstreams)
        return processes


def test_nginx_takes_the_configuration_as_it_stands(tmp_path):
    (tmp_path / "emotion-listener.conf").write_text(NGINX.read_text())
    (tmp_path / "nginx.conf").write_text(AROUND)
    done = subprocess.run(
        [find_nginx(), "-t", "-p", str(tmp_path), "-c", "nginx.conf"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.fixture(scope="module")
def proxy(checkpoint, tmp_path_factory) -> Iterator[Proxy]:
    """The configuration of deploy/ on other ports; a process that ended is tried again after a second."""
    nginx, port, folder = find_nginx(), free_port(), tmp_path_factory.mktemp("nginx")
    text = NGINX.read_text()
    with ExitStack() as stack:
        # Who is killed leaves its uploads behind: here and not in the machine's own folder.
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("TMPDIR", str(folder))
        start = lambda *flags: stack.enter_context(serving(checkpoint, *flags))  # noqa: E731
        servers = {}
        for number in ("7860", "7861"):
            server = start()
            there = f"127.0.0.1:{server.address.rpartition(':')[2]}"
            assert f"127.0.0.1:{number}" in text
            text = text.replace(f"127.0.0.1:{number}", there)
            servers[there] = server
        text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("=10s", "=1s")
        (folder / "emotion-listener.conf").write_text(text)
        (folder / "nginx.conf").write_text(AROUND)
        # One process of the user who runs the tests: workers of another one could not write here.
        command = [nginx, "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off; master_process off;"]
        running = stack.enter_context(subprocess.Popen(command))
        stack.callback(running.terminate)
        address = f"http://localhost:{port}"
        wait_until(lambda: answers(address))
        yield Proxy(address, servers, folder, start)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/robots.txt").status_code < 500
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def clips(checkpoint, tmp_path_factory) -> list[Clip]:
    return make_clips(
        tmp_path_factory.mktemp("clips"), count=2 * EACH, recognizer=Recognizer.load(checkpoint)
    )


def users_of_both(proxy: Proxy) -> dict[str, list[str]]:
    """Names for the cookie such that nginx gives `EACH` of them to each process."""
    users: dict[str, list[str]] = {there: [] for there in proxy.servers}
    for number in itertools.count():
        there = asks(proxy, f"user-{number}")
        users[there] = [*users[there], f"user-{number}"][:EACH]
        if all(len(names) == EACH for names in users.values()):
            return users


def test_a_program_without_a_cookie_stays_by_its_address(proxy):
    for last in range(1, 13):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=f"127.0.0.{last}")) as client:
            for _ in range(3):
                client.get(f"{proxy.address.replace('localhost', '127.0.0.1')}/robots.txt")
    wait_until(lambda: len(proxy.log()) >= 12 * 3)
    seen = {client: there for client, there in proxy.seen().items() if client.startswith("127.0.0.")}
    assert len(seen) >= 12
    assert all(len(processes) == 1 for processes in seen.values())


def test_one_process_is_killed_and_comes_back(proxy, clips):
    users = users_of_both(proxy)
    (killed, its_users), (_, bystanders) = users.items()
    names = its_users + bystanders
    tallies, stop = {name: Tally() for name in names}, threading.Event()
    threads = []
    for number, name in enumerate(names):
        client = connect(proxy.address, cookies={"listener": name})
        options = {
            "number": number,
            "clips": clips,
            "tally": tallies[name],
            "keep_going": lambda: not stop.is_set(),
        }
        threads.append(threading.Thread(target=use, args=(client,), kwargs=options))

    def all_were_answered(more: int) -> None:
        wanted = {name: len(tally.times) + more for name, tally in tallies.items()}
        wait_until(lambda: all(len(tallies[name].times) >= wanted[name] for name in names), seconds=180)

    for thread in threads:
        thread.start()
    try:
        all_were_answered(2)
        seen = proxy.seen()
        assert all(seen[name] == {there} for there in users for name in users[there])
        assert not sum(tallies.values(), Tally()).errors

        proxy.servers[killed].process.kill()
        all_were_answered(4)
        assert not any(tallies[name].errors for name in bystanders)
        assert all(
            proxy.seen()[name] == {there} for there in users for name in users[there] if there != killed
        )
        # What was on its way is lost; the next request is answered by the other process.
        assert all(tallies[name].errors.total() <= 1 for name in its_users)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    everyone = sum(tallies.values(), Tally())
    assert not everyone.wrong

    proxy.restart(killed)
    wait_until(lambda: all(asks(proxy, name) == killed for name in its_users))


def asks(proxy: Proxy, name: str) -> str:
    """The process that answers a user now."""
    before = len(proxy.log())
    httpx.get(f"{proxy.address}/robots.txt", cookies={"listener": name})
    wait_until(lambda: len(proxy.log()) > before)
    return proxy.log()[-1].split()[1]


@pytest.fixture
def settled(proxy, open_page, browser, patient) -> Iterator[tuple[Page, Server]]:
    """A page with two takes that awaits no answer, and the process that it is with; that comes back in the end."""
    page = open_page(browser, proxy.address)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if JOIN in request.url else None)
    over = lambda request: asked.remove(request) if request in asked else None  # noqa: E731
    page.on("requestfinished", over)
    page.on("requestfailed", over)
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"]) == ("listener", True)
    for number, example in enumerate(("Even", "Bright and lively"), 1):
        page.get_by_role("button", name=example, exact=True).click()
        expect(page.locator(TAKES)).to_have_count(number)
    # What is still on its way would be lost, and the page would say so.
    for _ in range(2):  # an answer may make the page ask once more
        page.wait_for_timeout(300)
        page.wait_for_function("window.awaitedAnswers.size === 0")
        end = time.monotonic() + 120
        while asked:
            assert time.monotonic() < end
            page.wait_for_timeout(50)
    (there,) = proxy.seen()[cookie["value"]]
    yield page, proxy.servers[there]
    proxy.servers[there].process.kill()
    proxy.restart(there)
    wait_until(lambda: asks(proxy, cookie["value"]) == there)


def goes_on(page: Page, before: dict[str, str]) -> None:
    """After a click on the first example: the other process scores it, and knows of no other take."""
    takes = page.locator(TAKES)
    expect(takes).to_have_count(1)
    after = shown_scores(page)
    assert "–" not in after.values()
    assert after != before
    expect(page.locator(".toast-body")).to_have_count(0)
    page.get_by_role("button", name="Bright and lively", exact=True).click()
    expect(takes).to_have_count(2)
    assert shown_scores(page) == before


def test_the_page_goes_on_when_its_process_is_killed(settled, proxy):
    page, server = settled
    before = shown_scores(page)
    server.process.kill()
    server.process.wait()
    page.get_by_role("button", name="Even", exact=True).click()
    goes_on(page, before)
    (cookie,) = page.context.cookies()
    assert len(proxy.seen()[cookie["value"]]) == 2


def test_a_click_that_the_killed_process_had_taken_is_answered_by_the_other(settled):
    page, server = settled
    before = shown_scores(page)
    server.process.send_signal(signal.SIGSTOP)  # it takes connections, and answers nothing any more
    with page.expect_request("**/gradio_api/run/predict"):
        page.get_by_role("button", name="Even", exact=True).click()
    page.wait_for_timeout(500)
    server.process.kill()
    goes_on(page, before)


def test_what_was_being_scored_is_told_and_the_next_click_is_answered(settled, tmp_path):
    page, server = settled
    page.evaluate("window.stillTheSame = true")
    file = tmp_path / "long.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, 500 * 16_000), 16_000)
    taken = lambda answer: JOIN in answer.url and file.name in answer.request.post_data  # noqa: E731
    with page.expect_response(taken):
        page.locator(".recorder input[type=file]").set_input_files(file)
    expect(page.locator(TAKES)).to_have_count(2)
    server.process.kill()
    expect(page.locator(".toast-body").first).to_contain_text("lost before its answer came: try again")
    expect(page.locator("#result .warning")).to_contain_text("try again in a moment")
    page.get_by_role("button", name="Even", exact=True).click()
    expect(page.locator(TAKES)).to_have_count(1)
    assert page.evaluate("window.stillTheSame")  # and was not reloaded
