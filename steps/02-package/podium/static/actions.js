// What people do to a question, by its buttons.
import { openEditor } from "./editor.js";
import { attempt } from "./forms.js";
import { focusOn } from "./list.js";
import * as session from "./session.js";

let votes = new Set();

/** Fetches what this person voted for; nothing for a guest. */
export async function loadVotes(slug) {
  votes = new Set();
  if (!session.nickname()) return;
  votes = new Set((await session.asMe("GET", `/votes?talk=${slug}`)).questions);
}

/** Shows each button of the questions in `list` to those who may use it. */
export function showMine(list, organiser) {
  const me = session.nickname();
  for (const item of list.children) {
    const mine = item.dataset.author === me;
    const vote = item.querySelector(".vote");
    vote.disabled = mine;
    vote.setAttribute("aria-pressed", votes.has(Number(item.dataset.id)));
    item.querySelector(".edit").hidden = item.querySelector(".delete").hidden = !mine;
    const answered = item.querySelector(".answered");
    answered.hidden = me !== organiser;
    answered.textContent = isAnswered(item) ? "Reopen" : "Mark as answered";
  }
}

const isAnswered = (item) => !item.querySelector(".badge-answered").hidden;
const path = (item) => `/questions/${item.dataset.id}`;

/** Listens to the buttons; `change` runs what changes the list, `askToLogIn` is for guests. */
export function listen(list, { change, askToLogIn }) {
  const actions = {
    async vote(item, button) {
      if (!session.nickname()) return askToLogIn(button);
      const voted = button.getAttribute("aria-pressed") === "true";
      mark(item, button, !voted);
      await change(async () => {
        try {
          await session.asMe(voted ? "DELETE" : "PUT", `${path(item)}/vote`);
        } catch (error) {
          mark(item, button, voted);
          throw error;
        }
      });
    },
    edit: (item) => openEditor(item, (body) => (
      change(() => session.asMe("PUT", path(item), { body }))
    )),
    async delete(item, button) {
      if (!confirmed(button)) return;
      await change(async () => {
        await session.asMe("DELETE", path(item));
        focusOn(item.nextElementSibling ?? item.previousElementSibling);
        item.remove();
      });
    },
    answered: (item) => change(
      () => session.asMe(isAnswered(item) ? "DELETE" : "PUT", `${path(item)}/answered`),
    ),
  };
  const busy = new Set();
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    const item = event.target.closest(".question");
    const action = button && actions[button.className];
    if (!action || busy.has(button)) return;
    busy.add(button);
    await attempt(item.querySelector(".content > .error"), () => action(item, button));
    busy.delete(button);
  });
}

/** Shows a vote before the server has counted it. */
function mark(item, button, voted) {
  const id = Number(item.dataset.id);
  const score = item.querySelector(".score");
  if (votes.has(id) === voted) return;
  if (voted) votes.add(id);
  else votes.delete(id);
  score.textContent = Number(score.textContent) + (voted ? 1 : -1);
  button.setAttribute("aria-pressed", voted);
}

/** The first press asks, the second does. */
function confirmed(button) {
  if (button.textContent !== "Delete") return true;
  button.textContent = "Really delete?";
  button.focus(); // Safari does not, and then there would be no blur
  button.addEventListener("blur", () => { button.textContent = "Delete"; }, { once: true });
  return false;
}
