// Entry: everything reads without it; this makes it quick and live. Charts, maps and the photo viewer load when first needed.
import { startShell } from "./shell.js";
import { startDialogs } from "./dialogs.js";
import { startTables } from "./tables.js";
import { startForms } from "./forms.js";
import { startLive } from "./live.js";
import { startSearch } from "./search.js";

const starters = [];
/** Runs `start(root)` for the page now and for every part htmx brings later. */
export function onContent(start) { starters.push(start); }

function content(root) {
  for (const start of starters) start(root);
  if (root.querySelector("[data-chart]")) import("./charts.js").then((m) => m.drawCharts(root));
  const scan = root.querySelector("[data-scan]");
  if (scan) import("./sign-in.js").then((m) => m.waitForScan(scan));
  const push = root.querySelector("[data-push]");
  if (push) import("./push.js").then((m) => m.offerPush(push));
  if (root.querySelector("[data-map]")) import("./maps.js").then((m) => m.drawMaps(root));
  const outline = root.querySelector("[data-outline-editor]");
  if (outline) import("./grid-outline.js").then((m) => m.editOutline(outline));
  const walk = root.querySelector("[data-road-walk]");
  if (walk) import("./road-patrol.js").then((m) => m.startWalk(walk));
}

startShell(onContent);
startDialogs(onContent);
startTables(onContent);
startForms(onContent);
startLive(onContent);
startSearch();
content(document);
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) content(event.detail.elt.parentElement ?? event.detail.elt); });
document.addEventListener("click", (event) => {
  const photo = event.target.closest("[data-photo]");
  if (!photo || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  import("./photos.js").then((m) => m.openPhoto(photo));
});

// A photo may come minutes after its record: say so in its place, and look again a few times.
document.addEventListener("error", (event) => {
  const image = event.target;
  if (!(image instanceof HTMLImageElement) || !image.src) return;
  const tries = Number(image.dataset.tries ?? 0);
  image.classList.add("is-missing");
  image.alt = document.documentElement.lang.startsWith("en") ? "Not uploaded" : "照片未上传";
  if (tries >= 5) return;
  image.dataset.tries = tries + 1;
  setTimeout(() => { if (image.isConnected) image.src = image.src; }, 4000 * (tries + 1));
}, true);
document.addEventListener("load", (event) => {
  if (event.target instanceof HTMLImageElement) event.target.classList.remove("is-missing");
}, true);
