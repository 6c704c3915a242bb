// Keeps the live part of the page up to date. The server makes the HTML and escapes it; this only puts the parts in that differ.
"use strict";
(() => {
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  const beat = document.getElementById("beat");
  const said = document.getElementById("said");
  // the station says something every 2 s
  const SILENCE = 8000;
  const AGAIN = 3000;
  let last = Date.now();
  let source = null;
  let words = new Map();

  const slots = () => Array.from(live.querySelectorAll(".slot"));
  const remember = () => new Map(slots().map((slot) => [slot.dataset.name, slot.dataset.word]));

  const isAlive = () => {
    last = Date.now();
    lost.hidden = true;
    document.body.classList.remove("stale");
  };

  // leaves what is the same where it is: what is marked or read stays so
  const put = (html) => {
    const parts = new DOMParser().parseFromString(html, "text/html").body;
    const names = (root) => Array.from(root.querySelectorAll("[id]"), (part) => part.id).join(" ");
    if (names(parts) === names(live)) {
      for (const part of parts.querySelectorAll("[id]")) {
        const old = document.getElementById(part.id);
        const whole = !part.querySelector("[id]");
        if (whole && !old.isEqualNode(part)) old.replaceWith(document.importNode(part, true));
      }
    } else {
      live.replaceChildren(...Array.from(parts.childNodes, (node) => document.importNode(node, true)));
    }
  };

  const say = () => {
    const now = remember();
    const changed = [];
    for (const [name, word] of now) {
      if (words.get(name) !== word && word !== "BUSY" && word !== "READY") changed.push(`Slot ${name}: ${word}`);
    }
    if (changed.length > 0) said.textContent = changed.join(". ");
    words = now;
  };

  const follow = () => {
    if (source) source.close();
    source = new EventSource("/api/events?as=html");
    source.addEventListener("state", (event) => {
      isAlive();
      put(event.data);
      say();
    });
    source.addEventListener("beat", (event) => {
      isAlive();
      beat.textContent = event.data;
    });
    source.addEventListener("error", () => {
      // a browser gives up where the answer was no stream
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN);
    });
  };

  setInterval(() => {
    if (Date.now() - last > SILENCE) {
      lost.hidden = false;
      document.body.classList.add("stale");
    }
  }, 1000);
  words = remember();
  follow();
})();
