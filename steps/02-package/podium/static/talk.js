// The page of a talk: polls the list, and sends what people do.
import { call } from "./api.js";
import { QuestionList, writeAges } from "./list.js";
import { poll } from "./poll.js";
import * as session from "./session.js";

const $ = (selector) => document.querySelector(selector);
const { slug, organiser } = $(".talk").dataset;
const list = new QuestionList($("#questions"), $("#question-template"), $("#show-new"));
let votes = new Set();

async function refresh({ force = false } = {}) {
  const [{ questions }, stats] = await Promise.all([
    call("GET", `/questions?talk=${slug}`), call("GET", "/stats"),
  ]);
  list.show(questions, { force });
  $("#present").textContent = stats.present;
  writeAges();
  showMine();
}

/** Shows each button to those who may use it. */
function showMine() {
  const me = session.nickname();
  for (const item of $("#questions").children) {
    const mine = item.dataset.author === me;
    const vote = item.querySelector(".vote");
    vote.disabled = mine;
    vote.setAttribute("aria-pressed", votes.has(Number(item.dataset.id)));
    item.querySelector(".edit").hidden = item.querySelector(".delete").hidden = !mine;
    const done = !item.querySelector(".badge-answered").hidden;
    const answered = item.querySelector(".answered");
    answered.hidden = me !== organiser;
    answered.textContent = done ? "Reopen" : "Mark as answered";
  }
}

async function showSession() {
  const me = session.nickname();
  $("#whoami").textContent = me ?? "";
  $("#known").hidden = !me;
  $("#unknown").hidden = Boolean(me);
  $("#people").hidden = Boolean(me);
  $("button.transcript").hidden = me !== organiser;
  const mine = me ? await session.asMe("GET", `/votes?talk=${slug}`) : { questions: [] };
  votes = new Set(mine.questions);
  showMine();
}

/** Runs `action`; what goes wrong is said in `place`, next to what caused it. */
async function attempt(place, action) {
  place.textContent = "";
  try {
    await action();
  } catch (error) {
    place.textContent = error.message;
  }
}

function onSubmit(form, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    const fields = Object.fromEntries(new FormData(form));
    button.disabled = true; // a second press while the first is on its way would post twice
    await attempt(form.querySelector(".error"), () => action(fields, form));
    button.disabled = false;
  });
}

for (const [form, enter] of [["#login", session.enter], ["#register", session.register]]) {
  onSubmit($(form), async ({ nickname, password }) => {
    await enter(nickname, password);
    $("#ask").scrollIntoView({ block: "center" }); // on a phone the forms are below the list
  });
}
onSubmit($("#ask"), async ({ source }, form) => {
  if (!session.nickname()) return askToLogIn();
  await session.asMe("POST", "/questions", { body: { talk: slug, source } });
  form.reset();
  await refresh({ force: true });
});
$("#logout").addEventListener("click", session.leave);
session.onChange(showSession);

function askToLogIn() {
  $("#login input").focus();
  throw new Error("Log in first.");
}

const actions = {
  async vote(item, button) {
    if (!session.nickname()) askToLogIn();
    const pressed = button.getAttribute("aria-pressed") === "true";
    const id = Number(item.dataset.id);
    await session.asMe(pressed ? "DELETE" : "PUT", `/questions/${id}/vote`);
    if (pressed) votes.delete(id);
    else votes.add(id);
  },
  edit: (item) => openEditor(item),
  async delete(item, button) {
    if (button.textContent === "Delete") {
      button.textContent = "Really delete?";
      button.addEventListener("blur", () => { button.textContent = "Delete"; }, { once: true });
      return;
    }
    await session.asMe("DELETE", `/questions/${item.dataset.id}`);
    item.remove();
  },
  async answered(item) {
    const done = !item.querySelector(".badge-answered").hidden;
    await session.asMe(done ? "DELETE" : "PUT", `/questions/${item.dataset.id}/answered`);
  },
};

$("#questions").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const item = event.target.closest(".question");
  const action = button && actions[button.className];
  if (!action) return;
  attempt(item.querySelector(".content > .error"), async () => {
    await action(item, button);
    await refresh();
  });
});

function openEditor(item) {
  if (item.querySelector("form")) return;
  const form = $("#edit-template").content.cloneNode(true).querySelector("form");
  const close = () => { form.remove(); item.querySelector(".html").hidden = false; };
  form.source.value = item.dataset.source;
  item.querySelector(".html").hidden = true;
  item.querySelector(".html").after(form);
  form.source.focus();
  form.querySelector(".cancel").addEventListener("click", close);
  onSubmit(form, async ({ source }) => {
    await session.asMe("PUT", `/questions/${item.dataset.id}`, { body: { source } });
    close();
    await refresh();
  });
}

$("button.transcript").addEventListener("click", () => attempt($("#message"), async () => {
  const file = await session.asMe("GET", `/talks/${slug}/transcript.pdf`);
  const link = document.createElement("a");
  Object.assign(link, { href: URL.createObjectURL(file), download: `${slug}.pdf` });
  link.click();
  URL.revokeObjectURL(link.href);
}));

showSession().catch(() => {});
poll(refresh, 2000, $("#message"));
