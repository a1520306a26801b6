// Asking again and again, with manners.

const LONGEST = 30_000;

/** Runs `ask` every `pause` ms while the page is visible; slower, and saying so, when it fails. */
export function poll(ask, pause, message) {
  let wait = pause;
  let timer;

  async function turn() {
    if (!document.hidden) {
      try {
        await ask();
        if (wait !== pause) message.textContent = "";
        wait = pause;
      } catch {
        wait = Math.min(wait * 2, LONGEST);
        message.textContent = "No connection to the hall. Trying again.";
      }
    }
    clearTimeout(timer); // of a turn that came in between
    timer = setTimeout(turn, wait);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
  addEventListener("online", turn);
  turn();
}
