// Forms that work by themselves, sent without leaving the page.

/** Sends `form` as the browser would; resolves to the page that comes back, as a document. */
export async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const response = await fetch(form.action, { method: "POST", body: fields });
  if (new URL(response.url).pathname === "/login") throw new Error("Log in again first.");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (response.status >= 400 && !page.querySelector(".talk")) {
    throw new Error(page.querySelector("main p").textContent);
  }
  return page;
}
