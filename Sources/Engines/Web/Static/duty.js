// The roster: names are dragged to another day or shift; with Alt and the arrow keys they move by a day or a week.
import { toast } from "./dom.js";

let dragged = null;
const lineOf = (node) => node.closest?.("[data-day][data-shift]");

document.addEventListener("dragstart", (event) => {
  const chip = event.target.closest?.("[data-entry][draggable]");
  if (!chip) return;
  dragged = chip;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", chip.textContent);
});
document.addEventListener("dragover", (event) => {
  const line = dragged && lineOf(event.target);
  for (const other of document.querySelectorAll(".duty-line.is-target")) if (other !== line) other.classList.remove("is-target");
  if (!line) return;
  event.preventDefault();
  line.classList.add("is-target");
});
document.addEventListener("dragend", () => { dragged = null; for (const line of document.querySelectorAll(".duty-line.is-target")) line.classList.remove("is-target"); });
document.addEventListener("drop", (event) => {
  const line = dragged && lineOf(event.target);
  if (!line) return;
  event.preventDefault();
  move(dragged, line);
});

const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
document.addEventListener("keydown", (event) => {
  const chip = event.target.closest?.("[data-entry][draggable]");
  if (!chip || !event.altKey || !(event.key in steps)) return;
  event.preventDefault();
  const line = lineOf(chip);
  const day = new Date(line.dataset.day + "T00:00:00Z");
  day.setUTCDate(day.getUTCDate() + steps[event.key]);
  const target = document.querySelector(`[data-day="${day.toISOString().slice(0, 10)}"][data-shift="${line.dataset.shift}"]`);
  if (target) move(chip, target, true);
});

async function move(chip, line, keepsFocus) {
  const from = lineOf(chip);
  if (from === line) return;
  const entry = chip.dataset.entry;
  const answer = await fetch(`/duty/entries/${entry}/move`, {
    method: "POST", headers: { "X-CSRF": document.querySelector('meta[name="csrf"]')?.content ?? "", "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
    body: new URLSearchParams({ day: line.dataset.day, shift: line.dataset.shift }),
  }).catch(() => null);
  if (!answer || answer.status >= 400) {
    const said = await answer?.json().catch(() => null);
    toast(said?.detail ?? said?.title ?? said?.message ?? "没有调整成功，请重试", "orange");
    return;
  }
  await window.htmx?.ajax("GET", location.pathname + location.search, { target: "[data-duty]", select: "[data-duty]", swap: "outerHTML" });
  if (keepsFocus) document.querySelector(`[data-entry="${entry}"]`)?.focus();
}
