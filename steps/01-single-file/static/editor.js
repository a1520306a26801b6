// Rewriting a question where it stands.
import { onSubmit } from "./forms.js";

/** Puts a form in the place of the text of `item`; `save` takes what was written. */
export function openEditor(item, save) {
  if (item.querySelector("form")) return;
  const { content } = document.querySelector("#edit-template");
  const form = content.cloneNode(true).querySelector("form");
  const html = item.querySelector(".html");
  const close = () => {
    form.remove();
    html.hidden = false;
    item.querySelector(".edit").focus();
  };
  form.source.value = item.dataset.source;
  html.hidden = true;
  html.after(form);
  form.source.focus();
  form.querySelector(".cancel").addEventListener("click", close);
  onSubmit(form, async (fields) => {
    await save(fields);
    close();
  });
}
