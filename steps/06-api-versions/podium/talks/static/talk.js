// The page of a talk: polls the list, and sends its forms without leaving the page.
import { Feed } from "../questions/feed.js";
import { QuestionList, writeAges } from "../questions/list.js";
import { get } from "../site/api.js";
import { send } from "../site/forms.js";
import { poll } from "../site/poll.js";

const $ = (selector) => document.querySelector(selector);
const { slug, organiser, me } = $(".talk").dataset;
const feed = new Feed(slug);
const list = new QuestionList(
  $("#questions"), $("#question-template"), $("#show-new"), keepMine,
);

async function refresh({ force = false } = {}) {
  const [questions, stats] = await Promise.all([feed.update(), get("/stats")]);
  list.show(questions, { force });
  $("#present").textContent = stats.present;
  writeAges();
}

/** Leaves a new item the forms that this reader may use. */
function keepMine(item) {
  const mine = item.dataset.author === me;
  item.querySelector(".vote").disabled = mine;
  if (!mine) for (const name of [".edit", ".delete"]) item.querySelector(name).form.remove();
  if (me !== organiser) item.querySelector(".answered").form.remove();
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  if (!me || form.method !== "post" || form.id === "logout") return;
  event.preventDefault();
  const item = form.closest(".question");
  if (button.className === "delete" && !confirmed(button)) return;
  const error = (item ?? form).querySelector(".error");
  try {
    const sent = send(form, button);
    button.disabled = true; // a second press while the first is on its way would post twice
    const page = await sent;
    if (item) replace(item, page.getElementById(item.id), button.className);
    else replaceAsk(page);
    await refresh({ force: !item });
  } catch (problem) {
    error.textContent = problem.message;
    button.disabled = false;
  }
});

/** The first press asks, the second does. */
function confirmed(button) {
  if (button.textContent !== "Delete") return true;
  button.textContent = "Really delete?";
  button.addEventListener("blur", () => { button.textContent = "Delete"; }, { once: true });
  return false;
}

function replace(item, fresh, pressed) {
  if (!fresh) return item.remove();
  item.replaceWith(fresh);
  fresh.querySelector(`.${pressed}`).focus({ preventScroll: true });
}

function replaceAsk(page) {
  const fresh = page.querySelector("#ask");
  $("#ask").replaceWith(fresh);
  $("#message").textContent = page.querySelector(".flash")?.textContent ?? "";
}

poll(refresh, 2000, $("#message"));
