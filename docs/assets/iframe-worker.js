// Search in pages that are opened as files. There browsers start no worker; so the script of one
// runs in a frame that nobody sees, and the frame says what a worker would.
(() => {
  if (location.protocol !== "file:") return;

  class IFrameWorker extends EventTarget {
    #waiting = [];
    #inside = null;

    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "Search";
      document.body.append(frame);
      const inside = frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inside.importScripts = async (...urls) => {
        for (const each of urls) await run(frame.contentDocument, each);
      };
      run(frame.contentDocument, url).then(() => {
        this.#inside = inside;
        this.#waiting.forEach((data) => this.postMessage(data));
      });
    }

    postMessage(data) {
      if (this.#inside) this.#inside.dispatchEvent(new MessageEvent("message", { data }));
      else this.#waiting.push(data);
    }

    terminate() {}
  }

  function run(page, url) {
    return new Promise((resolve, reject) => {
      const script = page.createElement("script");
      script.src = new URL(url, location.href).href;
      script.onload = resolve;
      script.onerror = reject;
      page.head.append(script);
    });
  }

  window.IFrameWorker = IFrameWorker; // by this name the script knows that it is in a frame
  window.Worker = IFrameWorker;
})();
