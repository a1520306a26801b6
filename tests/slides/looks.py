"""What only a browser can tell about a slide: what does not fit, what cannot be read."""

from axe_playwright_python.sync_playwright import Axe

from course.slides.build import HEIGHT, WIDTH
from course.slides.printing import READY, SHOW_ALL

# Everything visible has to be inside of the slide, above its foot, and code inside of its box. What
# is scaled down to fit the window is measured as it is drawn.
TOO_LARGE = """([width, height]) => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), found = [];
  const frame = slide.getBoundingClientRect();
  const foot = slide.querySelector(".foot").getBoundingClientRect();
  const name = (each) =>
    `${each.tagName.toLowerCase()} ${JSON.stringify((each.textContent || "").trim().slice(0, 40))}`;
  if (slide.scrollHeight > height + 1) found.push(`the slide is ${slide.scrollHeight} px high`);
  for (const each of slide.querySelectorAll("h2, .body, .body *")) {
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height || each.closest("svg") && each.tagName !== "svg") continue;
    if (box.right > frame.right + 1) found.push(`${name(each)} is too wide`);
    if (each.matches("pre, table, svg, p, li, figcaption") && box.bottom > foot.top + 1)
      found.push(`${name(each)} ends ${Math.round((box.bottom - foot.top) / scale)} px too low`);
    const hidden = each.scrollWidth - each.clientWidth;
    if (each.matches("pre, .wide") && hidden > 1)
      found.push(`${name(each)} has lines that are ${hidden} px too long`);
  }
  return [...new Set(found)];
}"""


def slides(page, url):
    """Open a deck; yield the number of each slide, from 1, all that clicks show being shown."""
    page.goto(url)
    page.wait_for_function(READY)
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({number})")
        page.evaluate(SHOW_ALL)
        yield number + 1


def too_large(page) -> list[str]:
    """Return what does not fit on the slide that is shown."""
    return page.evaluate(TOO_LARGE, [WIDTH, HEIGHT])


# What reveal.js lays over the slides, transparent: axe cannot tell a text's background through it.
ONLY_SLIDES = """
  .reveal > :not(.slides), .reveal .slide-number, .aria-status { display: none !important; }
"""


def unreadable(page) -> list[str]:
    """Return the texts of the slide that is shown whose contrast is below WCAG's AA, or unknown."""
    page.add_style_tag(content=ONLY_SLIDES)
    options = {"runOnly": ["color-contrast"]}
    found = Axe().run(page, context=".slides section.present", options=options).response
    return [
        f"{node['html'][:120]}: {' '.join(each['message'] for each in node['any'])}"
        for rule in (*found["violations"], *found["incomplete"])
        for node in rule["nodes"]
        if rule in found["violations"] or _should_be_known(node)
    ]


def _should_be_known(node) -> bool:
    """Whether axe could have told a contrast: not of texts in pictures, nor of a single sign."""
    too_short = any("too short" in each["message"] for each in node["any"])
    return not node["html"].startswith(("<text", "<tspan")) and not too_short
