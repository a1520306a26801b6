// The API, as this page uses it: reading what everybody may read.

/** The JSON that the API answers to a GET. */
export async function get(path) {
  // no-cache: ask the server each time whether what the browser has is still good.
  const response = await fetch(`/api${path}`, { cache: "no-cache" });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.json();
}
