// Who is at this browser. The token lives as long as the tab.
import { ApiError, call, logIn } from "./api.js";

const KEY = "podium";
let current = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
const listeners = [];

/** The nickname of whoever is logged in, or undefined. */
export const nickname = () => current?.nickname;

/** Runs `listener` whenever somebody logs in or out. */
export const onChange = (listener) => listeners.push(listener);

function become(person) {
  current = person;
  if (person) sessionStorage.setItem(KEY, JSON.stringify(person));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export async function enter(nickname, password) {
  const { token } = await logIn(nickname, password);
  become({ nickname, token });
}

export async function register(nickname, password) {
  await call("POST", "/users", { body: { nickname, password } });
  await enter(nickname, password);
}

export async function leave() {
  await asMe("DELETE", "/tokens").catch(() => {});
  become(null);
}

/** A call with the token; a token that has expired logs out. */
export async function asMe(method, path, options = {}) {
  try {
    return await call(method, path, { ...options, token: current?.token });
  } catch (error) {
    if (error.status !== 401 || !current) throw error;
    become(null);
    throw new ApiError(401, { reason: "You have been logged out. Log in again." });
  }
}
