// The list of questions: like the server's, but never moving under the reader's finger.

export class QuestionList {
  /**
   * `element` is the <ol>, `template` holds an empty question, `button` shows what waits, and
   * `prepare` is called with each new item.
   */
  constructor(element, template, button, prepare) {
    Object.assign(this, { element, template, button, prepare, waiting: null });
    button.addEventListener("click", () => this.arrange(this.waiting));
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

  /** Is somebody pointing at the list, typing in it, or reading further down? */
  inHand() {
    const scrolledInto = this.element.getBoundingClientRect().top < 0;
    return this.element.matches(":hover, :focus-within") || scrolledInto;
  }

  wait(questions) {
    this.waiting = questions;
    this.button.hidden = !questions;
    const count = questions?.filter((question) => !this.find(question.id)).length;
    const news = count === 1 ? "1 new question" : `${count} new questions`;
    this.button.textContent = count ? news : "Sort again";
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
    item.querySelector("time").dataset.seconds = question.created_at;
    for (const form of item.querySelectorAll("form")) {
      form.action = form.getAttribute("action").replace("/0/", `/${question.id}/`);
    }
    this.prepare(item);
    fill(item, question);
    return item;
  }
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
  html.innerHTML = question.html; // sanitised by the server
  item.querySelector(".previews").replaceChildren(...question.previews.map(card));
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

/** Writes the age of everything that has one. */
export function writeAges(root = document) {
  for (const time of root.querySelectorAll("time[data-seconds]")) {
    const minutes = Math.floor((Date.now() / 1000 - time.dataset.seconds) / 60);
    const words = minutes < 1 ? "just now"
      : minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
    if (time.textContent !== words) time.textContent = words;
  }
}
