// Starts reveal.js, and lets lines of code stand out one after the other.

Reveal.initialize({
  ...SIZE,
  margin: 0.02,
  hash: true,
  slideNumber: "c/t",
  controls: false,
  transition: "none",
  backgroundTransition: "none",
  pdfSeparateFragments: false,
  // The clock of the presenter's view: this deck's time, and what a slide without a time takes.
  totalTime: SECONDS,
  defaultTiming: 60,
  plugins: [RevealNotes],
});

function attend(slide) {
  for (const figure of slide.querySelectorAll("figure.code")) {
    const seen = figure.querySelectorAll(".attention.visible");
    const last = seen.length ? seen[seen.length - 1].dataset.at : "";
    figure.dataset.at = last;
    for (const line of figure.querySelectorAll(".line")) {
      line.classList.toggle("away", last !== "" && !line.classList.contains(`at-${last}`));
    }
  }
}

// Code as large as its slide has room for, down to what can be read from the last row.
const SIZES = [28, 26, 24, 22, 20, 18];

function fits(slide) {
  const foot = slide.querySelector(".foot").getBoundingClientRect().top;
  const last = slide.querySelector(".body").lastElementChild;
  if (last && last.getBoundingClientRect().bottom > foot) return false;
  return [...slide.querySelectorAll("pre")].every((pre) => pre.scrollWidth <= pre.clientWidth);
}

function fit(slide) {
  if (!slide.querySelector("pre")) return;
  for (const size of SIZES) {
    slide.style.setProperty("--code", `${size}px`);
    if (fits(slide)) return;
  }
}

for (const event of ["ready", "slidechanged"]) Reveal.on(event, () => fit(Reveal.getCurrentSlide()));
Reveal.on("pdf-ready", () => document.querySelectorAll(".slides section").forEach(fit));

for (const event of ["slidechanged", "fragmentshown", "fragmenthidden", "ready"]) {
  Reveal.on(event, () => attend(Reveal.getCurrentSlide()));
}

// A scene that is printed, or looked at in an overview, shows all of its code.
Reveal.on("overviewshown", () => {
  for (const line of document.querySelectorAll(".line.away")) line.classList.remove("away");
});
