import socket

import pytest

from podium.questions.text import read_preview, render


@pytest.mark.parametrize(
    "source",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://example.com/x)"],
)
def test_markdown_cannot_act(source):
    html = render(source)
    assert "<script" not in html and "javascript:" not in html and "<img" not in html


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "0x7f000001", "[::1]"])
def test_a_private_address_is_not_even_connected_to(app, host, listener):
    url = f"http://{host}:{listener.getsockname()[1]}/"
    with app.app_context():
        assert read_preview(url, last_try=False) is None
    with pytest.raises(BlockingIOError):
        listener.accept()
