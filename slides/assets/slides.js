// Starts reveal.js, and lets lines of code stand out one after the other.

// On paper a slide fills its page.
const printing = new URLSearchParams(location.search).has("print-pdf");

Reveal.initialize({
  ...SIZE,
  margin: printing ? 0 : 0.02,
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

// Code and text as large as their slide has room for, down to what can be read from the last row.
const CODE = [28, 26, 24, 22, 20, 18];
const TEXT = [42, 38, 35, 32];

function fits(slide) {
  const foot = slide.querySelector(".foot").getBoundingClientRect().top;
  const last = slide.querySelector(".body").lastElementChild;
  if (last && last.getBoundingClientRect().bottom > foot) return false;
  return [...slide.querySelectorAll("pre")].every((pre) => pre.scrollWidth <= pre.clientWidth);
}

function fit(slide) {
  for (const code of slide.querySelector("pre") ? CODE : CODE.slice(-1)) {
    for (const text of TEXT) {
      slide.style.setProperty("--code", `${code}px`);
      slide.style.setProperty("--text", `${text}px`);
      if (fits(slide)) return;
    }
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
