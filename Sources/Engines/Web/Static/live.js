import { make, say, session, toast, tones } from "./dom.js";
import { refreshPage } from "./shell.js";

let source = null, topicsNow = "", lastId = "";

/** One stream a window, only while the window is seen, with the topics that its page shows. */
export function startLive(onContent) {
  if (!document.body.hasAttribute("data-live-on")) return;
  onContent(() => setTimeout(connect));
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  window.addEventListener("pagehide", disconnect);
  if (document.body.hasAttribute("data-terminal")) pulse();
  bell();
}

/** At a registered computer an open page says each minute that it is there, also while it is not looked at. */
function pulse() {
  fetch("/account/terminal/pulse", { method: "POST", headers: { "X-CSRF": document.querySelector('meta[name="csrf"]')?.content ?? "" } }).catch(() => {});
  setTimeout(pulse, 60000);
}

function disconnect() { source?.close(); source = null; }

function connect() {
  if (document.hidden) return;
  const topics = [...new Set([...document.querySelectorAll("[data-live]")].map((node) => node.dataset.live).concat([...document.querySelectorAll("[data-live-json]")].map((node) => node.dataset.liveJson)))].filter(Boolean).sort().join(",");
  if (source && topics === topicsNow && source.readyState !== EventSource.CLOSED) return;
  disconnect();
  topicsNow = topics;
  source = new EventSource(`/live?topics=${encodeURIComponent(topics)}${lastId ? "&last=" + lastId : ""}`);
  source.addEventListener("live", (event) => { lastId = event.lastEventId; receive(JSON.parse(event.data)); });
  source.addEventListener("reload", () => { lastId = ""; if (!document.querySelector("form[data-changed], dialog[open]")) refreshPage(); });
  source.addEventListener("signed-out", () => { disconnect(); toast(say("登录已失效，请重新登录", "Your session has ended, please sign in again"), "orange", { stays: true, path: "/login" }); });
}

function receive(event) {
  if (event.toast) {
    toast(event.toast.text, event.toast.tone, { title: event.toast.title, path: event.toast.path, stays: true });
    if (kept) fetchBell(); else keep(event.toast);
  }
  if (event.html) for (const list of document.querySelectorAll(`[data-live="${CSS.escape(event.topic)}"]`)) {
    list.insertAdjacentHTML("afterbegin", event.html);
    list.firstElementChild?.classList.add("is-new");
    window.htmx?.process(list);
    while (list.children.length > Number(list.dataset.limit)) list.lastElementChild.remove();
  }
  document.dispatchEvent(new CustomEvent("jw:live", { detail: event }));
}

function keep(one) {
  const all = [{ ...one, at: new Date().toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }) }, ...session.get("bell", [])].slice(0, 30);
  session.set("bell", all);
  session.set("bell-new", session.get("bell-new", 0) + 1);
  paintBell();
}

/** Where the platform keeps messages, the bell shows them, whatever this window saw; elsewhere what this window saw. */
let kept = true;

async function fetchBell() {
  // Without a bell, as where a password must be changed first, there is nothing to ask for.
  if (!document.querySelector("[data-bell]")) return;
  try {
    const answer = await fetch("/messages/bell", { headers: { Accept: "application/json" } });
    kept = answer.ok;
    if (kept) {
      const found = await answer.json();
      session.set("bell", found.items);
      session.set("bell-new", found.unread);
    }
  } catch { kept = false; }
  paintBell();
}

/** Marks everything as read. */
function clearBell() {
  if (!kept) { session.set("bell", []); session.set("bell-new", 0); return paintBell(); }
  fetch("/messages/read-all", { method: "POST", headers: { "X-CSRF": document.querySelector('meta[name="csrf"]')?.content ?? "" } }).then(fetchBell, () => {});
}

function paintBell() {
  const list = document.querySelector("[data-bell-list]");
  if (!list) return;
  const unread = session.get("bell-new", 0);
  const count = document.querySelector("[data-bell-count]");
  count.hidden = unread === 0;
  count.textContent = unread > 99 ? "99+" : unread;
  list.replaceChildren(...session.get("bell", []).map((one) => make("li", { class: `tone-${tones.includes(one.tone) ? one.tone : "neutral"}` },
    one.path?.startsWith("/") && !one.path.startsWith("//") ? make("a", { href: one.path }, one.title) : make("strong", {}, one.title), make("small", {}, `${one.text}　${one.at}`))));
  window.htmx?.process(list);
}

function bell() {
  document.querySelector("[data-bell]")?.addEventListener("toggle", () => { if (kept) return fetchBell(); session.set("bell-new", 0); paintBell(); });
  document.querySelector("[data-bell-clear]")?.addEventListener("click", clearBell);
  fetchBell();
}
