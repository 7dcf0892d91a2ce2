"""What a person sees: the console and the API documents in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here: apt-get install chromium fonts-noto-cjk"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    yield page
    page.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors of scripts, and requests that left this machine, while a test looks at the page."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", lambda request: found.extend(_foreign(request.url)))
    return found


def _foreign(address: str) -> list[str]:
    return [] if address.startswith(("http://127.0.0.1:", "data:", "blob:")) else [address]


def test_the_console_shows_the_red_warning_and_why(main_job, page, complaints) -> None:
    page.goto(main_job.link("/docs").removesuffix("docs"))
    red = page.get_by_role("region", name="红色预警")
    assert red.get_by_role("article").count() >= 1
    article = red.get_by_role("article").first
    assert article.locator("mark").count() >= 1
    assert article.locator(".reasons li").count() >= 1
    assert "签收" in article.inner_text()
    assert complaints == []


def test_the_documents_work_without_a_network(main_job, page, complaints) -> None:
    page.goto(main_job.link("/docs"))
    page.get_by_text("登记案件并评分，必要时发出预警").first.wait_for(timeout=30_000)
    assert complaints == []


def test_mlflow_shows_the_run(main_job, page) -> None:
    page.goto(main_job.output.partition("MLflow  ")[2].split()[0])
    page.get_by_text("zaojie").first.wait_for(timeout=30_000)
