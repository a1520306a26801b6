// Progress through the course, and what printing and keyboards need.
(() => {
  /** A set that the browser keeps, where it lets us. */
  class Kept extends Set {
    constructor(name) {
      super();
      this.name = `flask-at-scale:${name}`;
      this.isKept = true;
      this.read();
    }

    read() {
      this.clear();
      try {
        for (const each of JSON.parse(localStorage.getItem(this.name) || "[]")) this.add(each);
      } catch {
        this.isKept = false; // storage is blocked, or something else is kept under our name
      }
    }

    set(value, isIn) {
      if (isIn) this.add(value);
      else this.delete(value);
      try {
        localStorage.setItem(this.name, JSON.stringify([...this]));
        this.isKept = true;
      } catch {
        this.isKept = false;
      }
    }
  }

  const all = (selector) => document.querySelectorAll(selector);

  // Which steps are done: in the head of a chapter, in lists of steps, in the navigation.
  const done = new Kept("done");

  function showDone() {
    for (const mark of all(".rungs [data-step], .done-mark")) {
      mark.classList.toggle("done", done.has(Number(mark.dataset.step)));
    }
    for (const mark of all(".done-mark")) {
      mark.textContent = mark.classList.contains("done") ? "done" : "";
    }
    for (const button of all(".done-button")) {
      button.setAttribute("aria-pressed", String(done.has(Number(button.dataset.step))));
      button.title = done.isKept ? "" : "Your browser will not keep it.";
    }
    for (const link of all(".md-nav--primary a.md-nav__link")) {
      const step = /\/(\d\d)-[\w-]+\.html(?:#|$)/.exec(link.href);
      if (step) link.classList.toggle("is-done", done.has(Number(step[1])));
    }
  }

  for (const button of all(".done-button")) {
    const step = Number(button.dataset.step);
    button.addEventListener("click", () => {
      done.set(step, !done.has(step));
      showDone();
    });
  }
  showDone();

  // Which items of a checklist are ticked.
  const ticks = new Kept("ticks");
  const boxes = new Map();
  for (const box of all(".task-list-item input[type=checkbox]")) {
    const text = box.closest("li").textContent.trim().replace(/\s+/g, " ");
    boxes.set(box, `${document.title}: ${text}`);
    box.setAttribute("aria-label", text);
    box.addEventListener("change", () => ticks.set(boxes.get(box), box.checked));
  }

  function showTicks() {
    for (const [box, item] of boxes) box.checked = box.defaultChecked || ticks.has(item);
  }

  showTicks();

  // The same course in another tab.
  window.addEventListener("storage", () => {
    done.read();
    ticks.read();
    showDone();
    showTicks();
  });

  // A box is a stop of the Tab key only where there is something to scroll.
  function stops() {
    for (const box of all(".wide, .columns")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  stops();
  window.addEventListener("resize", stops);
  document.addEventListener("change", stops); // another tab of a change is shown
  document.addEventListener("toggle", stops, true);

  // The theme opens menus and search by labels, which no keyboard gets to. In a wide window those
  // of the navigation are headings and open nothing.
  const narrow = matchMedia("(max-width: 76.1875em)");
  const names = { __drawer: "Menu", __search: "Search", __toc: "On this page" };
  const labels = [...all("label:is([for=__drawer], [for=__search], [for=__toc], [for^=__nav])")]
    .filter((label) => !label.matches(".md-overlay, .md-search__overlay"));

  function reach() {
    for (const label of labels) {
      const opens = narrow.matches || label.matches(".md-header__button, .md-search__icon");
      if (opens) label.tabIndex = 0;
      else label.removeAttribute("tabindex");
      const name = label.textContent.trim() ? "" : names[label.htmlFor] || "Back";
      if (name && opens) label.setAttribute("aria-label", name);
    }
  }

  for (const label of labels) {
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      label.click();
    });
  }
  reach();
  narrow.addEventListener("change", reach);

  // What is folded cannot be unfolded on paper.
  const opened = [];
  window.addEventListener("beforeprint", () => {
    for (const folded of all("details:not([open])")) {
      folded.open = true;
      opened.push(folded);
    }
  });
  window.addEventListener("afterprint", () => {
    while (opened.length) opened.pop().open = false;
  });

  // The theme makes a navigation of each copy button: too many landmarks to tell apart.
  function mend() {
    all("nav.md-code__nav").forEach((group, place) => {
      const name = `Code ${place + 1}`;
      if (group.getAttribute("aria-label") !== name) group.setAttribute("aria-label", name);
    });
    for (const dialog of all("[role=dialog]:not([aria-label])"))
      dialog.setAttribute("aria-label", "Search");
  }

  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
})();
