"""Markdown: what it may show, and that nothing in it acts."""

import pytest
from guards import faults_in_fragment, faults_in_page

PAYLOADS = [
    "<script>window.hacked = 1</script>",
    "<SCRIPT SRC=http://192.0.2.1/x.js></SCRIPT>",
    '<img src=x onerror="window.hacked = 1">',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<a href="javascript:alert(1)" onclick=alert(1)>x</a>',
    "<form action=//192.0.2.1><input name=password></form>",
    '<style>* { display: none }</style><p style="position:fixed">x</p>',
    "<base href=//192.0.2.1/>",
    "<meta http-equiv=refresh content=0;url=//192.0.2.1>",
    "<details open ontoggle=alert(1)>x</details>",
    "<p id=questions name=ask class=vote>clobbered</p>",
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE html>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "</li></ol><script>alert(1)</script>",
    "</textarea></script></title><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    '[x](http://example.com/" onmouseover="alert(1))',
    "[x](http://example.com/ 'title\" onmouseover=\"alert(1)')",
    "![x](http://192.0.2.1/pixel.png)",
    '![x" onerror="alert(1)](x)',
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    '<http://example.com/"onmouseover=alert(1)>',
    "[ref]\n\n[ref]: javascript:alert(1)",
    '```html"><script>alert(1)</script>\ncode\n```',
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "http://example.com/<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<script>script>alert(1)<</script>/script>",
    "<scr\u200bipt>alert(1)</scr\u200bipt>",
    "\u202e<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "- [x](javascript:alert(1))\n> <img src=x onerror=alert(1)>",
]
SLOW = [
    "[" * 1990,
    "![" * 990,
    "*" * 1990,
    "**_" * 660,
    "`" * 1990,
    "> " * 990,
    "- " * 990,
    "<" * 1990,
    "&" * 1990,
    "[a](" * 490,
    "|a" * 900 + "\n" + "|-" * 90,
    "http://" * 280,
    "_a" * 990,
    "\\" * 1990,
    "~" * 1990,
    "# " * 990,
    "\n" * 900 + "x",
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: repr(payload)[:40])
def test_nothing_in_a_question_acts(podium, payload):
    question = podium.ask(payload, podium.side_talk)
    assert question["source"] == payload
    assert faults_in_fragment(question["html"]) == [], question["html"]


def test_nothing_acts_after_an_edit_either(podium):
    author = podium.author()
    question = author.ask("Harmless?")
    body = {"source": "\n\n".join(PAYLOADS[:20])}
    edited = author.put(f"/api/questions/{question['id']}", json=body).json()
    assert faults_in_fragment(edited["html"]) == []


def test_nothing_that_people_wrote_acts_on_the_page(podium):
    for payload in PAYLOADS[:4]:
        podium.ask(payload, podium.side_talk)
    page = podium.http.get(f"/talks/{podium.side_talk}").raise_for_status().text
    assert faults_in_page(page) == []
    assert "49" not in podium.ask("{{ 7 * 7 }}")["html"]


def test_a_template_in_a_question_is_text(podium):
    assert "{{ 6 * 111 }}" in podium.ask("{{ 6 * 111 }}")["html"]


def test_html_that_is_not_run_is_still_shown(podium):
    assert "alert(1)" in podium.ask("Why does `<script>alert(1)</script>` not run?")["html"]


@pytest.mark.parametrize(
    "source,html",
    [
        ("**a** *b* `c`", "<strong>a</strong> <em>b</em> <code>c</code>"),
        ("- a\n- b", "<li>a</li>"),
        ("1. a\n2. b", "<ol>"),
        ("> a", "<blockquote>"),
        ("```\na < b\n```", "a &lt; b"),
        ("[a](https://example.com/?a=1&b=2)", 'href="https://example.com/?a=1&amp;b=2"'),
        ("a & b", "a &amp; b"),
    ],
)
def test_markdown_becomes_html(podium, source, html):
    assert html in podium.ask(source, podium.side_talk)["html"]


@pytest.mark.parametrize("source", SLOW, ids=lambda source: repr(source)[:12])
def test_no_source_takes_long_to_render(podium, source):
    author = podium.author()
    answer = author.post("/api/questions", json={"talk": podium.side_talk, "source": source})
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() < 2
    assert faults_in_fragment(answer.json()["html"]) == []
