// The page of a talk: hears what happens, and sends its forms without leaving the page.
import { writeAges } from "../questions/ages.js";
import { countCharacters } from "../questions/counter.js";
import { Feed } from "../questions/feed.js";
import { QuestionList, focusOn } from "../questions/list.js";
import { get } from "../site/api.js";
import { send } from "../site/forms.js";
import { io } from "../site/io.js";
import { poll } from "../site/poll.js";

const $ = (selector) => document.querySelector(selector);
const { slug, organiser, me } = $(".talk").dataset;
const feed = new Feed(slug);
const socket = io();
const list = new QuestionList(
  $("#questions"), $("#question-template"), $("#show-new"), keepMine,
);

let changes = 0;

async function refresh({ force = false, wait = 0 } = {}) {
  const before = changes;
  const questions = await feed.update(wait);
  const stats = get("/stats").catch(() => ({ present: "–" })); // the list does not depend on it
  stats.then(({ present }) => { $("#present").textContent = present; });
  if (before !== changes) return; // old news: asked for before we changed something
  list.show(questions, { force });
  writeAges();
}

socket.on("connect", () => {
  $("#message").textContent = "";
  join();
});

/** Lets the server tell what we have missed, and all that happens from now on. */
function join() {
  socket.emit("join", { talk: slug, after: feed.cursor || null }, ({ status }) => {
    if (status === 400) feed.forget();
    if (status !== 200) setTimeout(join, 2000);
  });
}

for (const event of ["question", "votes", "preview"]) {
  socket.on(event, (news) => {
    feed.take(news);
    if (news.more) return; // half a list is none
    list.show(feed.sorted());
    writeAges();
  });
}

socket.on("presence", ({ present }) => { $("#present").textContent = present; });
socket.on("announcement", ({ text }) => { $("#announcement").textContent = text; });

/** Leaves a new item the forms that this reader may use. */
function keepMine(item) {
  const mine = item.dataset.author === me;
  item.querySelector(".vote").disabled = mine;
  if (!mine) for (const name of [".edit", ".delete"]) item.querySelector(name).form.remove();
  if (me !== organiser) item.querySelector(".answered").form.remove();
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  if (!me || form.method !== "post" || !form.closest(".hall")) return;
  event.preventDefault();
  const item = form.closest(".question");
  if (button.className === "delete" && !confirmed(button)) return;
  const error = (item ?? form).querySelector(".error");
  try {
    changes += 1;
    const sent = send(form, button);
    button.disabled = true; // a second press while the first is on its way would post twice
    const page = await sent;
    changes += 1;
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
  button.focus(); // Safari does not, and then there would be no blur
  button.addEventListener("blur", () => { button.textContent = "Delete"; }, { once: true });
  return false;
}

function replace(item, fresh, pressed) {
  if (!fresh) focusOn(item.nextElementSibling ?? item.previousElementSibling);
  if (!fresh) return item.remove();
  item.replaceWith(fresh);
  fresh.querySelector(`.${pressed}`).focus({ preventScroll: true });
}

function replaceAsk(page) {
  const fresh = page.querySelector("#ask");
  $("#ask").replaceWith(fresh);
  $("#message").textContent = page.querySelector(".flash")?.textContent ?? "";
}

countCharacters();
poll((wait) => refresh({ wait }), 2000, $("#message"), () => !socket.connected);
