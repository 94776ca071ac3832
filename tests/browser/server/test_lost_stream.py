"""The page when the stream of answers ends too early, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DONE, shown_scores

STREAM = "**/gradio_api/queue/data*"
TAKES = "#sitting ol.takes > li"
STREAM_TYPE = "text/event-stream"
NO_SESSION = (
    'data: {"msg":"unexpected_error","message":"404: Not Found","session_not_found":true,"success":false}\n\n'
)


def listen_to_example(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def told(page: Page, sentence: str) -> None:
    expect(page.locator(".toast-body").first).to_contain_text(sentence)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda route: route.fulfill(content_type=STREAM_TYPE, body=""), id="ended"),
        pytest.param(
            lambda route: route.fulfill(content_type=STREAM_TYPE, body='data: {"msg": "proc'), id="cut off"
        ),
        pytest.param(lambda route: route.fulfill(content_type=STREAM_TYPE, body=NO_SESSION), id="another"),
        pytest.param(lambda route: route.fulfill(status=502, body="<html></html>"), id="proxy"),
        pytest.param(lambda route: route.abort("connectionreset"), id="reset"),
    ],
)
def test_a_stream_that_ends_early_is_told_and_the_next_click_is_answered(page, end):
    page.evaluate("window.stillTheSame = true")
    page.route(STREAM, end, times=1)
    listen_to_example(page, "Even")
    told(page, "The connection to the app was lost before its answer came: try again.")
    page.locator(".toast-close").first.click()
    listen_to_example(page, "Bright and lively")
    expect(page.locator(DONE)).to_be_visible()
    # The app is still running, and scored the take whose answer did not reach the page.
    expect(page.locator(TAKES)).to_have_count(2)
    assert "–" not in shown_scores(page).values()
    page.wait_for_timeout(2500)  # gradio reloads a page after two seconds
    assert page.evaluate("window.stillTheSame")


def test_a_stream_that_is_closed_while_an_event_is_taken_is_opened_again(page):
    closing = 'data: {"msg":"close_stream","event_id":null}\n\n'
    page.route(STREAM, lambda route: route.fulfill(content_type=STREAM_TYPE, body=closing), times=1)
    listen_to_example(page, "Even")
    expect(page.locator(DONE)).to_be_visible()
    expect(page.locator(TAKES)).to_have_count(1)
    page.wait_for_function("window.awaitedAnswers.size === 0")
    expect(page.locator(".toast-body")).to_have_count(0)


def test_an_answer_that_comes_before_its_event_is_known_is_not_missed(page):
    """It does not stay pending either: it would be reported as lost when the stream ends."""

    def late(route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(1000)
        route.fulfill(response=answer)

    listen_to_example(page, "Even")
    expect(page.locator(TAKES)).to_have_count(1)
    page.route("**/gradio_api/queue/join*", late)
    for number, example in enumerate(("Bright and lively", "Quiet and falling"), 2):
        listen_to_example(page, example)
        expect(page.locator(TAKES)).to_have_count(number)
    page.unroute_all(behavior="wait")
    page.wait_for_function("window.awaitedAnswers.size === 0")


def bad_gateway(route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<html><h1>502 Bad Gateway</h1></html>")


def test_a_proxy_that_finds_no_app_is_told_in_a_sentence(page):
    page.route("**/gradio_api/queue/join*", bad_gateway)
    listen_to_example(page, "Even")
    told(page, "The app cannot be reached right now: try again in a minute.")
    expect(page.locator("#result .warning")).to_contain_text("try again in a moment")
    page.unroute_all()
    listen_to_example(page, "Bright and lively")
    expect(page.locator(TAKES)).to_have_count(1)


def test_an_example_that_does_not_arrive_is_told(page):
    page.route("**/gradio_api/run/predict*", bad_gateway)
    listen_to_example(page, "Even")
    expect(page.locator("#result .warning")).to_contain_text("The sound did not arrive: try again")
    page.unroute_all()
    listen_to_example(page, "Even")
    expect(page.locator(TAKES)).to_have_count(1)
