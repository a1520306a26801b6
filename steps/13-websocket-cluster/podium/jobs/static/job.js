// The page of a job: hears how far it is, and looks again when it is over.
import { io } from "../site/io.js";
import { poll } from "../site/poll.js";

const $ = (selector) => document.querySelector(selector);
const { id } = $(".job").dataset;
const socket = io();

async function look() {
  const response = await fetch(location);
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  $(".job").replaceWith(page.querySelector(".job"));
}

socket.on("connect", look); // it may have been over before we could hear of it
socket.on("job", (job) => {
  if (job.id !== id || !$(".job progress")) return;
  if (job.status === "running") Object.assign($(".job progress"), {
    max: job.progress.total, value: job.progress.done,
  });
  else look();
});
poll(look, 1000, $("#message"), () => !socket.connected && $(".job progress"));
