import { make, memory, say } from "./dom.js";

export function startTables(onContent) {
  onContent((root) => { for (const card of root.querySelectorAll("[data-table]")) dress(card); });
  document.addEventListener("click", (event) => {
    const card = event.target.closest("[data-table]");
    for (const panel of document.querySelectorAll(".columns-panel")) if (!panel.contains(event.target) && !event.target.closest("[data-columns]")) panel.remove();
    if (!card) return;
    if (event.target.closest("[data-density]")) {
      const isCompact = !memory.get("compact", false);
      memory.set("compact", isCompact);
      for (const other of document.querySelectorAll("[data-table]")) other.classList.toggle("is-compact", isCompact);
    } else if (event.target.closest("[data-columns]")) {
      chooseColumns(card, event.target.closest(".table-tools"));
    } else if (event.target.closest("[data-refresh-table]")) {
      window.htmx?.ajax("GET", location.pathname + location.search, { target: "#" + card.id, select: "#" + card.id, swap: "outerHTML" });
    } else {
      const row = event.target.closest("tr[data-path]");
      if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) row.querySelector(".row-link")?.click();
    }
  });
  document.addEventListener("change", (event) => {
    const card = event.target.closest("[data-table]");
    if (!card || event.target.type !== "checkbox" || event.target.closest(".columns-panel")) return;
    if (event.target.matches("[data-check-all]")) for (const box of boxes(card)) box.checked = event.target.checked;
    count(card);
  });
}

const boxes = (card) => [...card.querySelectorAll('tbody input[name="id"]')];

function count(card) {
  const all = boxes(card);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr").classList.toggle("is-chosen", box.checked);
  const head = card.querySelector("[data-check-all]");
  if (head) { head.checked = chosen.length > 0 && chosen.length === all.length; head.indeterminate = chosen.length > 0 && chosen.length < all.length; }
  const bar = card.querySelector("[data-batch]");
  if (bar) { bar.hidden = chosen.length === 0; bar.querySelector("[data-chosen]").textContent = chosen.length; }
}

function dress(card) {
  card.classList.toggle("is-compact", memory.get("compact", false));
  const choice = memory.get("columns:" + card.id, null);
  if (choice) for (const head of card.querySelectorAll("thead th[data-col]")) if (head.dataset.col in choice) show(card, head, choice[head.dataset.col]);
}

function show(card, head, isShown) {
  const at = head.cellIndex;
  for (const row of card.querySelectorAll(".data-table tr")) row.cells[at]?.toggleAttribute("data-off", !isShown);
}

function chooseColumns(card, tools) {
  const open = tools.querySelector(".columns-panel");
  if (open) return open.remove();
  const panel = make("div", { class: "columns-panel", role: "group", "aria-label": say("选择列", "Columns") });
  for (const head of card.querySelectorAll("thead th[data-col]")) {
    const box = make("input", { type: "checkbox", class: "form-check-input", checked: !head.hasAttribute("data-off") });
    box.addEventListener("change", () => {
      show(card, head, box.checked);
      memory.set("columns:" + card.id, { ...memory.get("columns:" + card.id, {}), [head.dataset.col]: box.checked });
    });
    panel.append(make("label", { class: "check" }, box, make("span", {}, head.textContent.trim())));
  }
  panel.append(make("button", { type: "button", class: "btn btn-quiet btn-small", onclick: () => { memory.set("columns:" + card.id, null); location.reload(); } }, say("恢复默认", "Reset")));
  tools.append(panel);
  panel.querySelector("input")?.focus();
}
