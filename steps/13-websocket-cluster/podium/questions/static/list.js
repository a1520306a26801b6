// The list of questions: like the server's, but never moving under the reader's finger.

export class QuestionList {
  /**
   * `element` is the <ol>, `template` holds an empty question, `button` shows what waits, and
   * `prepare` is called with each new item.
   */
  constructor(element, template, button, prepare) {
    Object.assign(this, { element, template, button, prepare, waiting: null });
    button.addEventListener("click", () => this.showWaiting());
  }

  /** Makes the page show `questions`, in that order. What moves or is new waits for `force`. */
  show(questions, { force = false } = {}) {
    for (const question of questions) {
      const item = this.find(question.id);
      if (item) fill(item, question);
    }
    const ids = [...this.element.children].map((item) => item.dataset.id);
    if (ids.join() === questions.map((question) => question.id).join()) this.wait(null);
    else if (this.inHand() && !force) this.wait(questions);
    else this.arrange(questions);
  }

  find(id) {
    return this.element.querySelector(`[data-id="${id}"]`);
  }

  /** Is somebody reading the list, pointing at it, or busy in it with the keyboard? */
  inHand() {
    const reading = scrollY > 0 && this.element.getBoundingClientRect().top < innerHeight / 2;
    return reading || this.element.matches(":hover, :has(:focus-visible)");
  }

  wait(questions) {
    this.waiting = questions;
    this.button.hidden = !questions;
    const count = questions?.filter((question) => !this.find(question.id)).length;
    const news = count === 1 ? "1 new question" : `${count} new questions`;
    this.button.textContent = count ? news : "Sort again";
  }

  /** Shows what waited, and leads to the first question that is new. */
  showWaiting() {
    const first = this.waiting.find((question) => !this.find(question.id)) ?? this.waiting[0];
    this.arrange(this.waiting);
    focusOn(first && this.find(first.id));
  }

  arrange(questions) {
    const items = questions.map((question) => this.find(question.id) ?? this.create(question));
    items.forEach((item, index) => {
      const there = this.element.children[index];
      if (there !== item) this.element.insertBefore(item, there ?? null);
    });
    while (this.element.children.length > items.length) this.element.lastElementChild.remove();
    this.wait(null);
  }

  create(question) {
    const item = this.template.content.cloneNode(true).querySelector(".question");
    item.id = `question-${question.id}`;
    Object.assign(item.dataset, { id: question.id, author: question.author });
    item.querySelector(".author").textContent = question.author;
    item.querySelector("time").dataset.seconds = Date.parse(question.created_at) / 1000;
    for (const form of item.querySelectorAll("form")) {
      form.action = form.getAttribute("action").replace("/0/", `/${question.id}/`);
    }
    this.prepare(item);
    fill(item, question);
    return item;
  }
}

/** Moves the focus to a question, so that it is not lost with what had it. */
export function focusOn(item) {
  if (!item) return;
  item.tabIndex = -1;
  item.focus();
}

/** Updates what can change in a question, and touches nothing that has not. */
function fill(item, question) {
  const html = item.querySelector(".html");
  const score = item.querySelector(".score");
  if (score.textContent !== String(question.score)) score.textContent = question.score;
  item.querySelector(".badge-answered").hidden = !question.answered;
  const answered = item.querySelector(".answered");
  if (answered) {
    answered.value = question.answered ? 0 : 1;
    answered.textContent = question.answered ? "Reopen" : "Mark as answered";
  }
  const shown = JSON.stringify([question.source, question.previews]);
  if (item.dataset.shown === shown) return;
  item.dataset.shown = shown;
  // Sanitised by the server, who may also have written the very same into the page.
  if (html.innerHTML.trim() !== question.html.trim()) html.innerHTML = question.html;
  showPreviews(item.querySelector(".previews"), html, question.previews);
}

/** A card takes the place that was kept for it, so that nothing below moves. */
function showPreviews(element, html, { status, items }) {
  const links = new Set([...html.querySelectorAll("a")].map((link) => link.href)).size;
  const shown = status === "pending"
    ? Array.from({ length: Math.min(links, 3) }, () => note("Reading the linked page …"))
    : items.map(card);
  const kept = element.querySelector(".waiting") ? element.children.length : 0;
  while (shown.length < kept) shown.push(note("There is no preview of this page."));
  element.replaceChildren(...shown);
}

function note(textContent) {
  return Object.assign(document.createElement("p"), {
    className: "preview waiting", textContent,
  });
}

function card({ url, title, description }) {
  const link = Object.assign(document.createElement("a"), {
    className: "preview", href: url, rel: "nofollow noopener",
  });
  for (const [tag, text] of [["strong", title], ["span", description]]) {
    link.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  return link;
}
