// The page of a talk: polls the list, and sends what people do.
import { listen, loadVotes, showMine } from "./actions.js";
import { writeAges } from "./ages.js";
import { call } from "./api.js";
import { countCharacters } from "./counter.js";
import { attempt, onSubmit } from "./forms.js";
import { QuestionList } from "./list.js";
import { poll } from "./poll.js";
import * as session from "./session.js";

const $ = (selector) => document.querySelector(selector);
const { slug, organiser } = $(".talk").dataset;
const list = new QuestionList($("#questions"), $("#question-template"), $("#show-new"));
let changes = 0;
let wanted; // what a guest was about to use when asked to log in

async function refresh({ force = false } = {}) {
  const before = changes;
  const [{ questions }, stats] = await Promise.all([
    call("GET", `/questions?talk=${slug}`), call("GET", "/stats"),
  ]);
  $("#present").textContent = stats.present;
  if (before !== changes) return; // old news: asked for before we changed something
  list.show(questions, { force });
  writeAges();
  showMine($("#questions"), organiser);
}

/** Runs what changes the list, and shows the list as it is then. */
async function change(action, options) {
  changes += 1;
  await action();
  changes += 1;
  await refresh(options).catch(() => {}); // the next poll tells
}

async function showSession() {
  const me = session.nickname();
  $("#message").textContent = "";
  $("#whoami").textContent = me ?? "";
  $("#known").hidden = !me;
  $("#unknown").hidden = Boolean(me);
  $("#people").hidden = Boolean(me);
  $("button.transcript").hidden = me !== organiser;
  await attempt($("#message"), () => loadVotes(slug));
  showMine($("#questions"), organiser);
}

function askToLogIn(element) {
  wanted = element;
  // On a small screen the forms show when somebody asks for them.
  if (!$("#login").checkVisibility()) location.replace("#people");
  $("#login-error").textContent = "Log in first.";
  $("#login input").focus();
}

/** Runs `enter`, then leads back to where the person wanted to be. */
async function arrive(enter) {
  await enter;
  (wanted ?? $("#whoami")).focus();
  wanted = undefined;
}

onSubmit($("#login"), (who) => arrive(session.enter(who.nickname, who.password)));
onSubmit($("#register"), (who) => arrive(session.register(who.nickname, who.password)));
onSubmit($("#ask"), async ({ source }) => {
  if (!session.nickname()) return askToLogIn($("#source"));
  const body = { talk: slug, source };
  await change(async () => {
    await session.asMe("POST", "/questions", { body });
    $("#ask").reset();
  }, { force: true });
});
$("#logout").addEventListener("click", async () => {
  await session.leave();
  $("#unknown a").focus();
});
$("button.transcript").addEventListener("click", () => attempt($("#message"), async () => {
  const file = await session.asMe("GET", `/talks/${slug}/transcript.pdf`);
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href, download: `${slug}.pdf` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}));

listen($("#questions"), { change, askToLogIn });
session.onChange(showSession);
showSession();
countCharacters();
poll(refresh, 2000, $("#message"));
