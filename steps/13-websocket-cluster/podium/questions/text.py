"""From what somebody typed to HTML that is safe to show, and previews of what it links to."""

import re
from html import unescape

import mistune
import nh3
from bs4 import BeautifulSoup, SoupStrainer
from flask import current_app

from podium.questions.safe_fetch import TryLater, read_page

TAGS = set("p br em strong del a code pre blockquote ul ol li".split())
HEAD = SoupStrainer(["title", "meta"])
markdown = mistune.create_markdown(escape=True, plugins=["url", "strikethrough"])


def render(source):
    """Markdown as HTML that cannot act: a short list of tags, and links to the web only."""
    return nh3.clean(
        markdown(source), TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"}
    )


def plain(html):
    return unescape(nh3.clean(html, tags=set()))


def links(html):
    """The first pages that `html` links to, those that get a preview."""
    found = dict.fromkeys(re.findall(r'href="(https?://[^"]+)"', html))
    return [unescape(link) for link in found][: current_app.config["PREVIEWS"]]


def read_preview(link, last_try):
    """The columns of a Preview: URL, title and description of the page; None where it has none.

    Raises TryLater, unless this is the last try.
    """
    try:
        url, page, charset = read_page(link, current_app.config["PREVIEW_ALLOW_HOSTS"].split(","))
        head = BeautifulSoup(page, "html.parser", parse_only=HEAD, from_encoding=charset)
        about = head.find("meta", attrs={"name": "description"}) or {}
        title, description = head.title.get_text(" ", strip=True), about.get("content", "")
        return {"url": url, "title": title[:200], "description": description[:500]}
    except Exception as error:  # whatever a stranger's site does is no fault of ours
        if isinstance(error, TryLater) and not last_try:
            raise
        current_app.logger.info("no preview of %s: %r", link, error)
