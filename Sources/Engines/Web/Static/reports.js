// Dashboards: arranging by pointer and keys, cards that say why they are late, full screen, rotation, the clock of a screen.
import { say } from "./dom.js";

// A reader loads this file with each page of reports; listeners are set once.
if (!window.jwReports) {
  window.jwReports = true;

  // A card whose answer does not come says so itself and leaves its neighbours alone.
  const fault = (event) => {
    const body = event.detail.elt?.closest?.("[data-report-card]");
    if (!body) return;
    event.stopPropagation();
    const box = document.createElement("div");
    box.className = "report-card-fault";
    const text = document.createElement("p");
    text.textContent = event.type === "htmx:timeout" ? say("读取超时，稍后自动重试", "Timed out, will retry") : say("暂时无法读取，稍后自动重试", "Not available, will retry");
    box.append(text);
    body.replaceChildren(box);
  };
  for (const name of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) document.addEventListener(name, fault, true);

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-fullscreen]")) return;
    if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen?.();
  });

  setInterval(() => {
    const clock = document.querySelector("[data-clock]");
    if (clock) clock.textContent = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(new Date()).replaceAll("/", "-");
    const rotate = document.querySelector("[data-rotate]");
    if (!rotate) return;
    rotate.left = (rotate.left ?? Number(rotate.dataset.seconds)) - 1;
    if (rotate.left > 0 || document.hidden) return;
    rotate.left = Number(rotate.dataset.seconds);
    window.htmx?.ajax("GET", rotate.dataset.rotate, { target: "#main", swap: "outerHTML" });
  }, 1000);

  // ---- Arranging ----
  const grid = () => document.querySelector(".report-grid.is-editing");
  const read = (card) => ({ id: card.dataset.card, x: +card.dataset.x, y: +card.dataset.y, w: +card.dataset.w, h: +card.dataset.h });
  const limit = (value, least, most) => Math.min(Math.max(value, least), most);

  function put(card, place) {
    place.w = limit(place.w, 1, 12); place.h = limit(place.h, 1, 12);
    place.x = limit(place.x, 0, 12 - place.w); place.y = limit(place.y, 0, 47);
    for (const old of [...card.classList]) if (/^g[xwyh]\d+$/.test(old)) card.classList.remove(old);
    card.classList.add(`gx${place.x}`, `gw${place.w}`, `gy${place.y}`, `gh${place.h}`);
    Object.assign(card.dataset, { x: place.x, y: place.y, w: place.w, h: place.h });
  }

  const overlaps = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

  /** Whatever lies under the moved card goes down, and so on. */
  function settle(moved) {
    const cards = [...grid().querySelectorAll("[data-card]")].sort((a, b) => (a === moved ? -1 : b === moved ? 1 : +a.dataset.y - +b.dataset.y || +a.dataset.x - +b.dataset.x));
    const placed = [];
    for (const card of cards) {
      const place = read(card);
      while (placed.some((other) => overlaps(place, other)) && place.y < 47) place.y += 1;
      put(card, place);
      placed.push(place);
    }
  }

  let saving = 0;
  function save() {
    clearTimeout(saving);
    saving = setTimeout(async () => {
      const state = document.querySelector("[data-layout-state]");
      const places = [...grid().querySelectorAll("[data-card]")].map(read);
      try {
        const answer = await fetch(grid().dataset.layout, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF": document.querySelector('meta[name="csrf"]').content }, body: JSON.stringify(places) });
        if (!answer.ok) throw new Error();
        for (const place of await answer.json()) { const card = grid().querySelector(`[data-card="${place.id}"]`); if (card) put(card, place); }
        if (state) state.textContent = say("布局已保存", "Layout saved");
      } catch { if (state) state.textContent = say("布局没有保存，请检查网络后再移动一次", "Not saved"); }
    }, 350);
  }

  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest?.(".report-grid.is-editing [data-card]");
    if (!card || event.button !== 0 || event.target.closest("a, button, input")) return;
    const isResize = Boolean(event.target.closest("[data-resize]"));
    if (!isResize && !event.target.closest("[data-grip]")) return;
    event.preventDefault();
    card.focus({ preventScroll: true });
    const box = grid().getBoundingClientRect();
    const style = getComputedStyle(grid());
    const gap = parseFloat(style.columnGap) || 0, row = parseFloat(style.gridAutoRows) || 60;
    drag = { card, isResize, start: read(card), x: event.clientX, y: event.clientY, column: (box.width + gap) / 12, row: row + gap };
    card.classList.add("is-dragged");
    card.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const dx = Math.round((event.clientX - drag.x) / drag.column), dy = Math.round((event.clientY - drag.y) / drag.row);
    const place = { ...drag.start };
    if (drag.isResize) { place.w += dx; place.h += dy; } else { place.x += dx; place.y += dy; }
    put(drag.card, place);
  });
  const drop = () => {
    if (!drag) return;
    const { card } = drag;
    drag = null;
    card.classList.remove("is-dragged");
    settle(card);
    save();
  };
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);

  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".report-grid.is-editing [data-card]");
    if (!card || event.target !== card) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = read(card);
    if (event.shiftKey) { place.w += step[0]; place.h += step[1]; } else { place.x += step[0]; place.y += step[1]; }
    put(card, place);
    settle(card);
    save();
  });
}
