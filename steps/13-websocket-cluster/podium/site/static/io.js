// A Socket.IO client: protocol 5 on Engine.IO 4, over WebSocket only, text only.
//
// On the wire, < from the server, > from the page. The first digit is Engine.IO's, which keeps the
// connection: 0 open, 1 close, 2 ping, 3 pong, 4 message. The second digit of a message is
// Socket.IO's: 0 connect, 1 disconnect, 2 event, 3 acknowledgement, 4 refusal.
//
//   < 0{"sid":"kT9…","pingInterval":25000,"pingTimeout":20000}   the terms
//   > 40{"token":"…"}                     who we are
//   < 40{"sid":"m3X…"}                    welcome; or no: 44{"message":"…","data":{…}}
//   < 42["question",{"id":7}]             an event with one argument
//   > 421["vote",{"question":7}]          an event that wants acknowledgement number 1
//   < 431[{"status":204}]                 that acknowledgement
//   < 2    > 3                            still there? yes
//   > 41                                  goodbye

const FRAME = /^(4[0-4]|[0126])(\d*)(.*)$/s;
const VALID = { // what has to come after a type
  0: (data) => data.pingInterval + data.pingTimeout > 0,
  40: (data) => typeof data.sid === "string",
  42: (data) => Array.isArray(data) && typeof data[0] === "string",
  43: (data, id) => Array.isArray(data) && id,
  44: (data) => typeof data.message === "string",
};

/** Connects to the server at `url`, by default the one of the page; returns the socket. */
export function io(url = "/", options = {}) {
  return typeof url === "object" ? io("/", url) : new Socket(url, options).connect();
}

/** A frame in its parts; throws if it is not one of ours. A binary one is "[object Blob]" here. */
function parse(frame) {
  const [, type, id, json] = FRAME.exec(frame);
  const data = json && JSON.parse(json);
  if (VALID[type] && !VALID[type](data, id)) throw new Error("not the protocol");
  return { type, id, data };
}

/** For https://example.org it is wss://example.org/socket.io/?EIO=4&transport=websocket. */
function addressOf(url, path) {
  const address = new URL(url, location.origin);
  if (address.pathname !== "/") throw new Error("io.js knows the default namespace only");
  address.protocol = address.protocol.replace("http", "ws");
  address.pathname = path.replace(/\/?$/, "/");
  address.searchParams.set("EIO", 4);
  address.searchParams.set("transport", "websocket");
  return address;
}

class Emitter {
  #listeners = []; // of { event, listener, once }

  on(event, listener, once = false) {
    this.#listeners.push({ event, listener, once });
    return this;
  }

  once(event, listener) { return this.on(event, listener, true); }

  /** Forgets a listener; without one all of the event, without an event all there are. */
  off(event, listener) {
    this.#listeners = this.#listeners.filter((one) =>
      (event && one.event !== event) || (listener && one.listener !== listener));
    return this;
  }

  /** Calls who listens. An error of one must not stop the others, nor a reconnect. */
  fire(event, ...args) {
    for (const one of this.#listeners.filter((one) => one.event === event)) {
      if (one.once) this.#listeners = this.#listeners.filter((other) => other !== one);
      try { one.listener(...args); } catch (error) { reportError(error); }
    }
  }
}

class Socket extends Emitter {
  connected = false;
  active = false; // connected, or trying to be
  id = undefined;
  #address; #options; #ws;
  #alarm; #patience; // a timer that rings when the server was silent for too long, in ms
  #retry; #failures; // a timer for the next attempt, and how many were in vain
  #early = []; // events from before the welcome: a server may send some while it lets us in
  #unsent = []; // messages for after it
  #pending = new Map(); // messages by number, until they are acknowledged
  #number = 0;

  constructor(url, { auth, path = "/socket.io", reconnectionDelay = 1000,
    reconnectionDelayMax = 5000, randomizationFactor = 0.5, timeout = 20000 }) {
    super();
    this.auth = auth;
    this.#address = addressOf(url, path);
    this.#options = { reconnectionDelay, reconnectionDelayMax, randomizationFactor, timeout };
    addEventListener("online", () => { if (this.#retry) this.#open(); });
  }

  connect() {
    if (this.active) return this;
    this.active = true;
    this.#failures = 0;
    this.#open();
    return this;
  }

  disconnect() {
    if (this.connected) this.#ws.send("41");
    this.active = false;
    if (this.#hangUp()) this.fire("disconnect", "io client disconnect");
    return this;
  }

  /** Sends an event, now or once connected; a function at the end is called with the answer. */
  emit(event, ...args) {
    const answer = typeof args.at(-1) === "function" ? args.pop() : undefined;
    this.#send({ json: JSON.stringify([event, ...args]), answer });
    return this;
  }

  /** Sends an event; resolves to the answer, rejects when the connection is lost before it. */
  emitWithAck(...data) { return this.#ask(data); }

  /** socket.timeout(5000).emitWithAck(…) also rejects when the answer takes longer. */
  timeout(ms) { return { emitWithAck: (...data) => this.#ask(data, ms) }; }

  #ask(data, ms) {
    return new Promise((answer, fail) => {
      const message = { json: JSON.stringify(data), answer, fail };
      this.#send(message);
      if (ms !== undefined) setTimeout(() => {
        // Whoever hears that it failed may do it again: it must not be sent after that.
        this.#unsent = this.#unsent.filter((other) => other !== message);
        fail(new Error("no answer in time"));
      }, ms);
    });
  }

  #send(message) {
    // A connection about to close still counts as connected, but swallows what it is given.
    const ready = this.connected && this.#ws.readyState === WebSocket.OPEN;
    if (!ready) return this.#unsent.push(message);
    const id = message.answer ? String(++this.#number) : "";
    if (id) this.#pending.set(id, message);
    this.#ws.send(`42${id}${message.json}`);
  }

  #open() {
    this.#retry = clearTimeout(this.#retry);
    this.#ws = new WebSocket(this.#address);
    this.#ws.onmessage = ({ data }) => this.#receive(data);
    this.#ws.onerror = () => this.#over("transport error");
    this.#ws.onclose = () => this.#over("transport close");
    this.#expect(this.#options.timeout, "timeout");
  }

  /** Within so many ms there has to be word from the server. */
  #expect(ms, reason) {
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.#over(reason), ms);
  }

  #receive(frame) {
    let packet;
    try { packet = parse(frame); } catch { return this.#over("parse error"); }
    const { type, id, data } = packet;
    switch (type) {
      case "0": return this.#introduce(data);
      case "1": return this.#over("transport close");
      case "2": return this.#pong();
      case "40": return this.#welcome(data);
      case "41": return this.#over("io server disconnect", false);
      case "42": return this.connected ? this.#hear(packet) : this.#early.push(packet);
      case "43": return this.#acknowledge(id, data);
      case "44": return this.#over(data.message, false, data.data);
    }
  }

  /** Says who we are. An `auth` function is asked each time: the token may be a new one. */
  #introduce({ pingInterval, pingTimeout }) {
    this.#patience = pingInterval + pingTimeout;
    this.#expect(this.#patience, "ping timeout");
    const ws = this.#ws; // when the function takes its time, there may be another one by then
    const send = (data) => ws.send(data ? `40${JSON.stringify(data)}` : "40");
    if (typeof this.auth === "function") this.auth(send);
    else send(this.auth);
  }

  #pong() {
    this.#ws.send("3");
    this.#expect(this.#patience, "ping timeout");
  }

  #welcome({ sid }) {
    Object.assign(this, { connected: true, id: sid });
    this.#failures = 0;
    for (const packet of this.#early.splice(0)) this.#hear(packet);
    for (const message of this.#unsent.splice(0)) this.#send(message);
    if (this.connected) this.fire("connect"); // unless a listener has hung up already
  }

  /** If the event has a number, the server waits for it: 43, the number, our answer. */
  #hear({ id, data }) {
    const ws = this.#ws;
    if (id) data.push((...answer) => ws.send(`43${id}${JSON.stringify(answer)}`));
    this.fire(...data);
  }

  #acknowledge(id, data) {
    this.#pending.get(id)?.answer(...data);
    this.#pending.delete(id);
  }

  /** The end of a connection; there is `another` attempt unless one of the sides wanted it. */
  #over(reason, another = true, data = undefined) {
    const wasConnected = this.#hangUp();
    this.active = another;
    if (another) this.#retry = setTimeout(() => this.#open(), this.#pause());
    // The page hears of it last: a listener may well call connect() or disconnect().
    if (wasConnected) this.fire("disconnect", reason);
    else this.fire("connect_error", Object.assign(new Error(reason), { data }));
  }

  /** Doubles with each failure, and is random: who lost the server together comes back apart. */
  #pause() {
    const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = this.#options;
    const delay = Math.min(reconnectionDelay * 2 ** this.#failures++, reconnectionDelayMax);
    const least = delay * (1 - randomizationFactor);
    const most = Math.min(delay * (1 + randomizationFactor), reconnectionDelayMax);
    return least + Math.random() * (most - least);
  }
  /** Drops the connection and what belongs to it; true if it was a working one. */
  #hangUp() {
    const [wasConnected, pending] = [this.connected, this.#pending];
    clearTimeout(this.#alarm);
    this.#retry = clearTimeout(this.#retry);
    Object.assign(this.#ws, { onmessage: null, onerror: null, onclose: null }).close();
    Object.assign(this, { connected: false, id: undefined });
    [this.#early, this.#pending] = [[], new Map()];
    // The answers are lost. Whether the server did what it was asked to, we cannot know.
    for (const { fail } of pending.values()) fail?.(new Error("disconnected before the answer"));
    return wasConnected;
  }
}
