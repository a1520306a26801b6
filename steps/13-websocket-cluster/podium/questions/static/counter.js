// How much more fits into a question.

const MOST = 2000;

/** Keeps the .count of a form up to date with its textarea. */
export function countCharacters() {
  for (const type of ["input", "focusin"]) {
    document.addEventListener(type, ({ target }) => {
      if (target.matches?.("textarea")) write(target.form, target.value);
    });
  }
  document.addEventListener("reset", ({ target }) => write(target, ""));
}

function write(form, text) {
  const count = form.querySelector(".count");
  if (!count) return;
  const left = MOST - [...text].length; // characters as the server counts them, not UTF-16
  const number = Math.abs(left);
  const characters = number === 1 ? "1 character" : `${number.toLocaleString("en")} characters`;
  count.textContent = `${characters} ${left < 0 ? "too many" : "left"}`;
  count.classList.toggle("over", left < 0);
}
