// Forms sent through the API: each once at a time, mistakes told where they were made.

/** Runs `action`; what goes wrong is said in `place`, next to what caused it. */
export async function attempt(place, action) {
  place.textContent = "";
  try {
    await action();
  } catch (error) {
    // "source: must not be blank": which field that is one sees.
    place.textContent = error.message.replace(`${error.field}: `, "");
    return error;
  }
}

/** Calls `action` with the fields of `form` when it is sent; marks the field at fault. */
export function onSubmit(form, action) {
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return; // pressed twice
    busy = true;
    for (const field of form.elements) field.removeAttribute("aria-invalid");
    const fields = Object.fromEntries(new FormData(form));
    const error = await attempt(form.querySelector(".error"), () => action(fields));
    busy = false;
    const wrong = error?.field && form.elements[error.field];
    if (!wrong) return;
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
  });
}
