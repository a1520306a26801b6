"""From what somebody typed to HTML that is safe to show, and previews of what it links to."""

import re
from html import unescape

import mistune
import nh3
from bs4 import BeautifulSoup, SoupStrainer
from flask import current_app

from podium.models import Preview
from podium.questions.safe_fetch import read_page

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


def previews(html):
    """Previews of the first pages that `html` links to, those that can be had."""
    links = list(dict.fromkeys(re.findall(r'href="(https?://[^"]+)"', html)))
    found = [preview(unescape(link)) for link in links[: current_app.config["PREVIEWS"]]]
    return [preview for preview in found if preview]


# TODO: links(html), the addresses that it links to; previews() has most of it.


def preview(link):
    """Title and description of the page behind `link`, or None."""
    try:
        url, page, charset = read_page(link, current_app.config["PREVIEW_ALLOW_HOSTS"].split(","))
        head = BeautifulSoup(page, "html.parser", parse_only=HEAD, from_encoding=charset)
        about = head.find("meta", attrs={"name": "description"}) or {}
        title, description = head.title.get_text(" ", strip=True), about.get("content", "")
        return Preview(url=url, title=title[:200], description=description[:500])
    except Exception as error:  # whatever a stranger's site does must not fail the post
        current_app.logger.info("no preview of %s: %r", link, error)
