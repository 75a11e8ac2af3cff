// Pages of the gates: photos that come after their pass, the wall's filters and pause, colours of the map.

// A pass is told before its photos have arrived: ask again a few times, then show the empty frame.
function late(image) {
  const tries = Number(image.dataset.tries ?? 0);
  image.classList.add("is-missing");
  if (tries >= 3) return;
  image.dataset.tries = tries + 1;
  setTimeout(() => { if (image.isConnected) image.src = `${image.src.replace(/&try=\d+$/, "")}&try=${tries + 1}`; }, 2500 * (tries + 1));
}
document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement && event.target.hasAttribute("data-late")) late(event.target); }, true);
// Those that failed before this file was here.
for (const image of document.querySelectorAll("img[data-late]")) if (image.complete && image.naturalWidth === 0) late(image);
document.addEventListener("load", (event) => { if (event.target instanceof HTMLImageElement) event.target.classList.remove("is-missing"); }, true);

const wall = () => document.querySelector("[data-wall]");
let isPaused = false, held = 0;

/** The server filters what it sends at first; what comes live is filtered here, and held back while paused. */
document.addEventListener("jw:live", (event) => {
  const list = wall();
  if (!list || event.detail.topic !== "passes" || !event.detail.html) return;
  const card = list.firstElementChild;
  if (!card) return;
  const fits = ["county", "org", "verdict"].every((name) => !list.dataset[name] || list.dataset[name] === card.dataset[name]);
  if (!fits) { card.remove(); return; }
  if (!isPaused) return;
  card.hidden = true;
  held += 1;
  paint();
});

function paint() {
  const button = document.querySelector("[data-wall-pause]");
  if (!button) return;
  button.setAttribute("aria-pressed", String(isPaused));
  button.querySelector("[data-wall-held]").textContent = held;
}

function toggle() {
  isPaused = !isPaused;
  if (!isPaused) { held = 0; for (const card of wall()?.querySelectorAll("[hidden]") ?? []) card.hidden = false; }
  paint();
}

document.addEventListener("click", (event) => { if (event.target.closest("[data-wall-pause]")) toggle(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !wall() || event.target.closest("input, select, textarea, button, a, dialog")) return;
  event.preventDefault();
  toggle();
});
document.addEventListener("htmx:afterSettle", () => { if (!document.querySelector("[data-wall-pause]")) { isPaused = false; held = 0; } });

// The map asks every ten seconds how its enterprises stand and recolours those that changed.
const states = new Map();
async function recolour() {
  if (document.hidden || !document.querySelector('[data-live-json="gateMap"]')) return;
  const answer = await fetch("/map/states", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  for (const site of await answer.json()) {
    if (states.get(site.id) === site.tone) continue;
    states.set(site.id, site.tone);
    document.dispatchEvent(new CustomEvent("jw:live", { detail: { topic: "gateMap", json: site } }));
  }
}
setInterval(recolour, 10000);

// The guard's hands stay on the keyboard: Escape clears the plate.
document.addEventListener("keydown", (event) => {
  const input = document.getElementById("lookup-plate");
  if (!input) return;
  if (event.key === "Escape") { input.value = ""; input.focus(); input.dispatchEvent(new Event("input", { bubbles: true })); }
});
