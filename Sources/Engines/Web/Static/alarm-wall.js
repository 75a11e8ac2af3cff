// The alarm wall: live, sounds by grade once armed, rotates, keys, and says when it is cut off.
import { memory } from "./dom.js";

const wall = document.querySelector("[data-wall]");
const offset = Number(wall.dataset.now) - Date.now();
const now = () => Date.now() + offset;
let page = 0, paused = false, current = null, waiting = 0, armed = null, muted = false, lost = false, known = ids();

function ids() { return new Set([...document.querySelectorAll("[data-wall-card]")].map((card) => card.dataset.wallCard)); }
const cards = () => [...document.querySelectorAll("[data-wall-card]:not([hidden])")];

/** Each column shows as many cards as fit; all turn their pages together. */
function layOut() {
  let pages = 1;
  for (const column of document.querySelectorAll("[data-wall-column]")) {
    const box = column.querySelector(".wall-cards"), all = [...box.querySelectorAll("[data-wall-card]")];
    for (const card of all) card.hidden = false;
    if (!all.length || box.clientHeight === 0 || innerWidth <= 900) continue;
    const height = all[0].offsetHeight + parseFloat(getComputedStyle(box).rowGap || 0);
    const fits = Math.max(1, Math.floor((box.clientHeight - parseFloat(getComputedStyle(box).paddingTop) * 2 + 1) / height));
    const count = Math.ceil(all.length / fits);
    pages = Math.max(pages, count);
    const shown = page % count;
    all.forEach((card, index) => { card.hidden = Math.floor(index / fits) !== shown; });
  }
  document.querySelector("[data-wall-page]").textContent = pages > 1 ? `第 ${page % pages + 1}/${pages} 页${paused ? "（已暂停）" : ""}` : paused ? "已暂停" : "";
  if (current) document.querySelector(`[data-wall-card="${CSS.escape(current)}"]`)?.classList.add("is-current");
  return pages;
}

function turn(step) { const pages = layOut(); page = (page + step + pages) % pages; layOut(); }

async function refresh() {
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/login")) { location.reload(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("wall");
    if (!next) throw new Error("no wall");
    document.getElementById("wall").replaceWith(next);
    const seen = ids();
    for (const card of document.querySelectorAll("[data-wall-card]")) card.classList.toggle("is-new", !known.has(card.dataset.wallCard));
    if ([...seen].some((id) => !known.has(id))) page = 0;
    known = seen;
    connected(true);
    layOut();
    tick();
  } catch { connected(false); }
}

function connected(isOn) {
  lost = !isOn;
  const mark = document.querySelector("[data-wall-link]");
  mark.classList.toggle("is-lost", lost);
  mark.querySelector("b").textContent = lost ? "连接中断，正在重连…" : "已连接";
}

document.addEventListener("jw:live", (event) => {
  if (event.detail.topic !== "alarmDesk") return;
  const change = event.detail.json ?? {};
  if (change.change === "opened") ring(Number(change.urgency ?? 4));
  // At most one look a second, however many alarms come.
  if (!waiting) waiting = setTimeout(() => { waiting = 0; refresh(); }, 1000);
});
window.addEventListener("offline", () => connected(false));
window.addEventListener("online", refresh);

function tick() {
  const at = new Date(now());
  const clock = document.querySelector("[data-wall-clock]");
  if (clock) clock.textContent = at.toLocaleString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  for (const due of document.querySelectorAll("[data-due]")) {
    const left = Math.round((Number(due.dataset.due) - now()) / 1000);
    due.textContent = left <= 0 ? "已超时" : left < 3600 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : `${Math.floor(left / 3600)} 小时`;
  }
}
setInterval(tick, 1000);
setInterval(() => { if (!paused) turn(1); }, 12000);
// What no live event told (times that ran out, a cut line) is looked up.
setInterval(refresh, 15000);
setInterval(() => { if (lost) refresh(); }, 4000);
addEventListener("resize", layOut);

// Sounds: own tones, only after somebody clicked; while something urgent stands unconfirmed it is repeated.
const wanted = () => [...document.querySelectorAll("[data-wall-grade]:checked")].map((box) => Number(box.dataset.wallGrade));
function arm() {
  armed ??= new AudioContext();
  armed.resume();
  document.querySelector("[data-wall-sounds]").hidden = false;
  document.querySelector("[data-wall-arm]").hidden = true;
  ring(Math.min(...wanted(), 2), true);
}
document.querySelector("[data-wall-arm]").addEventListener("click", arm);
const mute = () => { muted = !muted; document.querySelector("[data-wall-mute]").textContent = muted ? "取消静音" : "静音"; };
document.querySelector("[data-wall-mute]").addEventListener("click", mute);
for (const box of document.querySelectorAll("[data-wall-grade]")) {
  const kept = memory.get("wall-grades", null);
  if (kept) box.checked = kept.includes(Number(box.dataset.wallGrade));
  box.addEventListener("change", () => memory.set("wall-grades", wanted()));
}
const shapes = { 1: { type: "sawtooth", notes: [880, 660, 880, 660, 880, 660] }, 2: { type: "square", notes: [740, 740, 740] }, 3: { type: "triangle", notes: [620, 520] }, 4: { type: "sine", notes: [520] } };
function ring(urgency, isForced) {
  if (!armed || muted || (!isForced && !wanted().includes(urgency))) return;
  const shape = shapes[urgency] ?? shapes[4];
  shape.notes.forEach((pitch, beat) => {
    const start = armed.currentTime + beat * 0.26, tone = armed.createOscillator(), loud = armed.createGain();
    tone.type = shape.type;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, start);
    loud.gain.exponentialRampToValueAtTime(urgency === 1 ? 0.22 : 0.16, start + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.24);
    tone.connect(loud).connect(armed.destination);
    tone.start(start);
    tone.stop(start + 0.25);
  });
}
setInterval(() => {
  const first = document.querySelector('[data-wall-column="fresh"] [data-wall-card]');
  if (first && Number(first.dataset.urgency) <= 2) ring(Number(first.dataset.urgency));
}, 30000);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const all = cards(), at = all.findIndex((card) => card.dataset.wallCard === current);
  const go = (card) => { all.forEach((one) => one.classList.toggle("is-current", one === card)); current = card?.dataset.wallCard ?? null; card?.querySelector("a")?.focus({ preventScroll: true }); paused = true; layOut(); };
  switch (event.key) {
    case " ": if (event.target.closest("button")) return; paused = !paused; layOut(); break;
    case "ArrowRight": turn(1); break;
    case "ArrowLeft": turn(-1); break;
    case "ArrowDown": go(all[Math.min(at + 1, all.length - 1)]); break;
    case "ArrowUp": go(all[Math.max(at - 1, 0)]); break;
    case "m": case "M": armed ? mute() : arm(); break;
    case "f": case "F": document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.(); break;
    default: return;
  }
  event.preventDefault();
});

layOut();
tick();
