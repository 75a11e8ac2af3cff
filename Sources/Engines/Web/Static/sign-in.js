import { say } from "./dom.js";

// The desk waits for the telephone: asks every two seconds, then goes in by the form that is there for those without scripts.
export function waitForScan(box) {
  const form = box.querySelector("form");
  const note = box.querySelector("[data-scan-note]");
  const end = Date.now() + 130000;
  const ask = async () => {
    if (!box.isConnected) return;
    let state = "waiting";
    try { state = (await (await fetch(box.dataset.scan, { headers: { Accept: "application/json" } })).json()).state; } catch { /* asked again */ }
    if (state === "confirmed") { form.requestSubmit(); return; }
    if (state === "over" || Date.now() > end) {
      box.classList.add("is-over");
      note.textContent = say("二维码已过期，请刷新", "The code is too old, please refresh");
      return;
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 1500);
}
