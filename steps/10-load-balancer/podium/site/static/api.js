// The API, as this page uses it: reading what everybody may read.

/** The JSON that the API answers to a GET. */
export async function get(path) {
  // no-cache: ask the server each time whether what the browser has is still good.
  const response = await fetch(`/api/v2${path}`, { cache: "no-cache" });
  if (!response.ok) {
    const error = new Error(`The server answered ${response.status}.`);
    throw Object.assign(error, { status: response.status });
  }
  return response.json();
}
