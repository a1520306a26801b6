"""Pictures to look at, in .data/screenshots/site/, with --pictures."""

from conftest import WIDTHS


def test_pictures_are_taken(request, seen, pictures):
    """Each page from its head to its foot, unfolded, in three widths and both colour schemes."""
    scheme, name = request.node.callspec.params["seen"]
    for width in WIDTHS:
        seen.page.set_viewport_size({"width": width, "height": 900})
        path = pictures / f"{name.replace('/', '-').removesuffix('.html')}-{width}-{scheme}.png"
        seen.page.screenshot(path=path, full_page=True, animations="disabled")
        assert path.stat().st_size > 8_000, f"{path} shows next to nothing"
