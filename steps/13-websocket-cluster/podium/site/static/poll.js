// Asking again and again, with manners.

const LONGEST = 30_000; // ms between two attempts
const WAIT = 25; // s that the server may wait with its answer
const APART = 1000; // ms, at least, from one such request to the next
const GIVE_UP = 3; // so often in a row: then there is something between us that cuts them off

/**
 * Runs `ask(wait)` again and again while the page is visible and nobody else brings the news, as
 * `needed` tells: the server waits until there is some. Where waiting fails, asks every `pause` ms;
 * slower, and saying so, when that fails, too.
 */
export async function poll(ask, pause, message, needed) {
  let [wait, failures, delay] = [WAIT, 0, pause];
  await rest(APART); // it may soon not be needed
  for (;;) {
    if (!needed()) {
      await rest(pause);
      continue;
    }
    const began = Date.now();
    try {
      await ask(wait);
      if (delay !== pause) message.textContent = "";
      delay = pause;
      if (wait) failures = 0;
      await rest(wait ? APART - (Date.now() - began) : pause);
      wait = failures < GIVE_UP ? WAIT : 0;
    } catch (error) {
      if (error.name === "AbortError") continue; // somebody else asked meanwhile
      if (wait) {
        failures += 1;
        wait = 0;
        continue;
      }
      delay = Math.min(delay * 2, LONGEST);
      message.textContent = "No connection to the hall. Trying again.";
      await rest(delay);
    }
  }
}

/** Resolves after so many ms, or when there is reason to try at once; never in a hidden page. */
async function rest(ms) {
  await new Promise((resolve) => {
    wake = resolve;
    setTimeout(resolve, ms);
  });
  if (document.hidden) await rest(LONGEST);
}

let wake = () => {};
addEventListener("online", () => wake());
document.addEventListener("visibilitychange", () => wake());
