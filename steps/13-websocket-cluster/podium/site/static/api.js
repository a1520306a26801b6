// The API, as this page uses it: reading what everybody may read.

/** The JSON that the API answers to a GET; null where it says that nothing is new. */
export async function get(path, signal) {
  // no-cache: ask the server each time whether what the browser has is still good.
  const response = await fetch(`/api/v2${path}`, { cache: "no-cache", signal });
  if (response.status === 304) return null;
  if (!response.ok) {
    const error = new Error(`The server answered ${response.status}.`);
    throw Object.assign(error, { status: response.status });
  }
  return response.json();
}
