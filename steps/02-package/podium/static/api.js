// The API, as this page uses it.

/** What the server said no to: its status, its reason, and the field at fault if there is one. */
export class ApiError extends Error {
  constructor(status, { reason, field } = {}) {
    super(reason ?? `The server answered ${status}.`);
    this.status = status;
    this.field = field;
  }
}

/** Calls the API with JSON; resolves to the answer's JSON, a Blob for a file, or null. */
export async function call(method, path, { body, token, ...options } = {}) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  // no-cache: ask the server each time whether what the browser has is still good.
  const response = await fetch(`/api${path}`, {
    method, body: body && JSON.stringify(body), cache: "no-cache", ...options,
    headers: { ...headers, ...options.headers },
  }).catch(() => { throw new ApiError(0, { reason: "No connection to the hall. Try again." }); });
  return read(response);
}

async function read(response) {
  const type = response.headers.get("Content-Type") ?? "";
  const json = type.includes("json");
  if (!response.ok) throw new ApiError(response.status, json ? await response.json() : {});
  if (response.status === 204) return null;
  return json ? response.json() : response.blob();
}

/** A token for a nickname and its password. */
export function logIn(nickname, password) {
  const bytes = new TextEncoder().encode(`${nickname}:${password}`);
  const credentials = btoa(String.fromCharCode(...bytes));
  // Without "omit" a wrong password would open the browser's own password dialogue.
  return call("POST", "/tokens", {
    headers: { Authorization: `Basic ${credentials}` }, credentials: "omit",
  });
}
