"""The window through which tests look at pages must itself see requests, errors and dialogs."""

import browser as chromium
import pytest


@pytest.fixture
def page_of(tmp_path):
    def write(body):
        path = tmp_path / "page.html"
        path.write_text(f"<!DOCTYPE html><meta charset='utf-8'><title>t</title>{body}", encoding="utf-8")
        return chromium.open_page(path, settle=0.1)

    return write


def test_a_quiet_page_is_quiet(page_of):
    with page_of("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>") as page:
        assert (page.requests, page.errors, page.dialogs) == ([], [], [])
        assert page.evaluate("document.title") == "t"
        assert page.screenshot()[:4] == b"\x89PNG"


def test_requests_errors_and_dialogs_are_seen(page_of):
    script = "alert('hello'); console.error('bad'); throw Error('worse')"
    body = f"<img src='http://127.0.0.1:9/x.png'><script>{script}</script>"
    with page_of(body) as page:
        assert page.requests == ["http://127.0.0.1:9/x.png"]
        assert page.dialogs == ["hello"]
        assert any("bad" in e for e in page.errors)
        assert any("worse" in e for e in page.errors)


def test_a_click_reaches_the_page(page_of):
    with page_of("<button onclick='document.title = 1'>x</button>") as page:
        page.click("button")
        assert page.evaluate("document.title") == "1"


def test_a_drag_and_a_key_reach_the_page(page_of):
    with page_of(
        "<input type='range' min='0' max='10' value='0' style='width:220px' oninput='document.title=value'>"
    ) as page:
        left, top, wide, high = page.evaluate(
            "(r => [r.x, r.y, r.width, r.height])(document.querySelector('input').getBoundingClientRect())"
        )
        page.drag((left + 8, top + high / 2), (left + wide - 2, top + high / 2))
        assert page.evaluate("document.title") == "10"
        page.press("ArrowLeft", 37)
        assert page.evaluate("document.title") == "9"


def test_no_chromium_is_a_skip_or_in_ci_a_failure(monkeypatch):
    monkeypatch.setattr(chromium, "find_chromium", lambda: None)
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        chromium.require_chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt install chromium"):
        chromium.require_chromium()
