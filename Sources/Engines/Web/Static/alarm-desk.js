// The alarm desk: refreshes on live changes without losing the selection, j/k/Enter/x keys, a sound by grade.
import { memory } from "./dom.js";

const table = () => document.querySelector("[data-alarm-desk] #alarms");
let current = null, chosen = new Set(), waiting = 0, sounds = null;

document.addEventListener("jw:live", (event) => {
  if (event.detail.topic !== "alarmDesk" || !table()) return;
  const change = event.detail.json ?? {};
  if (change.change === "opened") ring(Number(change.grade));
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 1200);
});

function refresh() {
  if (!table() || document.hidden) return;
  if (document.querySelector("dialog[open]") || table().querySelector(".columns-panel")) { waiting = setTimeout(refresh, 3000); return; }
  window.htmx?.ajax("GET", location.pathname + location.search, { target: "#alarms", select: "#alarms", swap: "outerHTML" });
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "alarms") chosen = new Set([...event.detail.target.querySelectorAll('input[name="id"]:checked')].map((box) => box.value));
});
document.addEventListener("htmx:afterSettle", () => {
  const card = table();
  if (!card) return;
  let last = null;
  for (const box of card.querySelectorAll('tbody input[name="id"]')) if (chosen.has(box.value)) { box.checked = true; last = box; }
  last?.dispatchEvent(new Event("change", { bubbles: true }));
  chosen = new Set();
  if (current) mark(rows().find((row) => row.dataset.path === current), false);
});

const rows = () => [...(table()?.querySelectorAll("tbody tr[data-path]") ?? [])];

function mark(row, moves = true) {
  for (const other of rows()) { other.classList.toggle("is-current", other === row); other.toggleAttribute("aria-current", other === row); }
  current = row?.dataset.path ?? null;
  if (row && moves) { row.querySelector(".row-link")?.focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
}

document.addEventListener("keydown", (event) => {
  if (!table() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
  const all = rows();
  const at = all.findIndex((row) => row.dataset.path === current);
  if (event.key === "j") mark(all[Math.min(at + 1, all.length - 1)]);
  else if (event.key === "k") mark(all[Math.max(at - 1, 0)]);
  else if (event.key === "x" && at >= 0) all[at].querySelector('input[name="id"]')?.click();
  else if (event.key === "Enter" && at >= 0 && !event.target.closest("a, button")) all[at].querySelector(".row-link")?.click();
  else return;
  event.preventDefault();
});

// What runs out is counted down; what has run out says so.
setInterval(() => {
  for (const time of document.querySelectorAll("[data-countdown]")) {
    const left = Math.round((Number(time.dataset.countdown) - Date.now()) / 1000);
    time.textContent = left <= 0 ? "已到时" : left < 3600 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : time.textContent;
    time.classList.toggle("is-late", left <= 60);
  }
}, 1000);

// Sounds: nothing rings until the reader asks for it, which is also what browsers require.
function paintSounds() {
  const wanted = memory.get("alarm-sounds", []);
  for (const box of document.querySelectorAll("[data-alarm-sound]")) box.checked = wanted.includes(Number(box.dataset.alarmSound));
}
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-alarm-sound]")) return;
  const wanted = [...document.querySelectorAll("[data-alarm-sound]:checked")].map((box) => Number(box.dataset.alarmSound));
  memory.set("alarm-sounds", wanted);
  if (event.target.checked) ring(Number(event.target.dataset.alarmSound));
});
document.addEventListener("htmx:load", paintSounds);
paintSounds();

function ring(grade) {
  if (!memory.get("alarm-sounds", []).includes(grade)) return;
  sounds ??= new AudioContext();
  for (let beat = 0; beat < Math.min(grade, 3); beat++) {
    const start = sounds.currentTime + beat * 0.28;
    const tone = sounds.createOscillator(), loud = sounds.createGain();
    tone.frequency.value = 520 + grade * 140;
    loud.gain.setValueAtTime(0.0001, start);
    loud.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.22);
    tone.connect(loud).connect(sounds.destination);
    tone.start(start);
    tone.stop(start + 0.24);
  }
}
