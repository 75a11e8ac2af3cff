import { make, say } from "./dom.js";

export function startForms(onContent) {
  onContent((root) => { for (const box of root.querySelectorAll("[data-ref]")) reference(box); for (const form of root.querySelectorAll("form[data-wait]")) hold(form); });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) form.dataset.changed = "1";
    if (event.target.matches('input[data-preview="photo"]')) preview(event.target);
    const many = event.target.closest("[data-many]");
    if (many) nameChosen(many);
  });
  document.addEventListener("keydown", (event) => {
    const many = event.key === "Escape" && event.target.closest?.("[data-many][open]");
    if (many) { many.open = false; many.querySelector("summary").focus(); }
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("form[data-guard]")) delete event.target.dataset.changed; });
  window.addEventListener("beforeunload", (event) => { if (document.querySelector("#main form[data-changed]")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const open = event.target.closest("[data-point-open]");
    if (open) pickPoint(open.closest("[data-point]"));
    const drop = event.target.closest("[data-ref-drop]");
    if (drop) takeAway(drop);
    for (const many of document.querySelectorAll("[data-many][open]")) if (!many.contains(event.target)) many.open = false;
  });
}

/** A form that must be looked at first: its button counts the seconds down (the server counts too). */
function hold(form) {
  if (form.dataset.held) return;
  form.dataset.held = "1";
  const button = form.querySelector('.form-foot button[type="submit"]');
  const text = button?.querySelector("span");
  if (!text) return;
  const title = text.textContent;
  let left = Number(form.dataset.wait);
  const tick = () => {
    if (!form.isConnected) return clearInterval(timer);
    button.disabled = left > 0;
    text.textContent = left > 0 ? say(`${title}（${left} 秒后可提交）`, `${title} (in ${left} s)`) : title;
    if (left-- <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

/** The folded line names what is chosen. */
function nameChosen(many) {
  const chosen = [...many.querySelectorAll("input:checked")].map((box) => box.closest("label").textContent.trim());
  many.querySelector("[data-many-text]").textContent = chosen.join("、") || many.dataset.none;
}

function preview(input) {
  const box = input.closest(".field")?.querySelector("[data-previews]");
  if (!box) return;
  for (const old of box.querySelectorAll("img")) URL.revokeObjectURL(old.src);
  box.replaceChildren(...[...input.files].slice(0, 12).map((file) => make("img", { src: URL.createObjectURL(file), alt: file.name })));
}

/** Type-ahead: the server finds, arrow keys choose. */
function reference(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "1";
  const [hidden, input] = box.querySelectorAll("input");
  const list = box.querySelector("ul");
  let timer, asked = 0;
  const options = () => [...list.querySelectorAll('[role="option"]')];
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); };
  const mark = (at) => options().forEach((option, index) => { option.setAttribute("aria-selected", index === at); if (index === at) option.scrollIntoView({ block: "nearest" }); });
  const many = box.dataset.refMany;
  const choose = (option) => {
    if (many) return add(option);
    hidden.value = option.dataset.value;
    input.value = option.dataset.shown;
    input.setCustomValidity("");
    close();
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const add = (option) => {
    const chosen = box.querySelector("[data-ref-chosen]");
    const { value, shown } = option.dataset;
    if (![...chosen.querySelectorAll("input")].some((one) => one.value === value)) {
      const piece = make("li", { class: "chip" });
      const off = make("button", { type: "button", class: "chip-off", "data-ref-drop": "", "aria-label": `${say("移除", "Remove")} ${shown}` }, "×");
      piece.append(make("input", { type: "hidden", name: many, value }), make("span", {}, shown), off);
      chosen.append(piece);
    }
    input.value = "";
    input.setCustomValidity("");
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const find = async () => {
    const mine = ++asked;
    const url = new URL(box.dataset.ref, location.origin);
    url.searchParams.set("q", input.value.trim());
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Target": "reference" } });
      if (mine !== asked || !answer.ok) return;
      list.innerHTML = await answer.text();
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(0);
    } catch { close(); }
  };
  input.addEventListener("input", () => {
    hidden.value = "";
    input.setCustomValidity(input.value.trim() ? say("请从列表中选择", "Please choose from the list") : "");
    clearTimeout(timer);
    timer = setTimeout(find, 180);
  });
  input.addEventListener("focus", () => { if (!input.readOnly && !hidden.value) find(); });
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); list.hidden ? find() : mark((at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length); }
    if (event.key === "Enter" && !list.hidden && all[at]) { event.preventDefault(); choose(all[at]); }
    if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
  });
  list.addEventListener("mousedown", (event) => { const option = event.target.closest('[role="option"]'); if (option) { event.preventDefault(); choose(option); } });
}

/** A chosen piece goes; the typing goes on. */
function takeAway(button) {
  const box = button.closest("[data-ref]");
  button.closest("li").remove();
  const input = box.querySelector('[role="combobox"]');
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
}

async function pickPoint(box) {
  const place = box.querySelector(".point-map");
  if (!place.hidden) { place.hidden = true; return; }
  place.hidden = false;
  if (place.dataset.ready) return;
  place.dataset.ready = "1";
  const { pointPicker } = await import("./maps.js");
  pointPicker(place, box.querySelector("input"));
}
