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

// Process mimics: shapes are moved by pointer or arrow keys on a net of five units; the form of a shape opens by double click or Enter.
if (!window.jwMimic) {
  window.jwMimic = true;
  const canvas = () => document.querySelector("svg.mimic[data-mimic]");
  const read = (shape) => ({ id: shape.dataset.element, x: +shape.dataset.x, y: +shape.dataset.y, w: +shape.dataset.w, h: +shape.dataset.h });
  const net = (value) => Math.round(value / 5) * 5;
  const put = (shape, place) => {
    place.w = Math.max(10, place.w); place.h = Math.max(8, place.h);
    place.x = Math.min(Math.max(0, place.x), 1200 - place.w); place.y = Math.min(Math.max(0, place.y), 675 - place.h);
    shape.setAttribute("transform", `translate(${place.x} ${place.y})`);
    const frame = shape.querySelector(".mimic-frame");
    frame.setAttribute("width", place.w); frame.setAttribute("height", place.h);
    Object.assign(shape.dataset, { x: place.x, y: place.y, w: place.w, h: place.h });
  };

  let saving = 0;
  const save = (shape, resized) => {
    clearTimeout(saving);
    saving = setTimeout(async () => {
      const state = document.querySelector("[data-layout-state]");
      try {
        const answer = await fetch(canvas().dataset.mimic, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF": document.querySelector('meta[name="csrf"]').content }, body: JSON.stringify([read(shape)]) });
        if (!answer.ok) throw new Error();
        if (state) state.textContent = say("已保存", "Saved");
        if (resized) document.dispatchEvent(new CustomEvent("jw:refresh"));
      } catch { if (state) state.textContent = say("没有保存，请检查网络后再移动一次", "Not saved"); }
    }, 350);
  };

  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const shape = event.target.closest?.("svg.mimic.is-editing [data-element]");
    if (!shape || event.button !== 0) return;
    event.preventDefault();
    shape.focus({ preventScroll: true });
    const scale = 1200 / canvas().getBoundingClientRect().width, box = shape.querySelector(".mimic-frame").getBoundingClientRect();
    const resizes = event.clientX > box.right - 12 && event.clientY > box.bottom - 12;
    drag = { shape, start: read(shape), x: event.clientX, y: event.clientY, scale, resizes };
    shape.classList.add("is-dragged");
    shape.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const dx = net((event.clientX - drag.x) * drag.scale), dy = net((event.clientY - drag.y) * drag.scale), place = { ...drag.start };
    if (drag.resizes) { place.w += dx; place.h += dy; } else { place.x += dx; place.y += dy; }
    put(drag.shape, place);
  });
  const drop = () => {
    if (!drag) return;
    const { shape, start, resizes } = drag, now = read(shape);
    drag = null;
    shape.classList.remove("is-dragged");
    if (now.x !== start.x || now.y !== start.y || now.w !== start.w || now.h !== start.h) save(shape, resizes);
  };
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
  const open = (shape) => document.querySelector(`[data-element-form="${shape.dataset.element}"] button, [data-element-form="${shape.dataset.element}"] a`)?.click();
  document.addEventListener("dblclick", (event) => { const shape = event.target.closest?.("svg.mimic.is-editing [data-element]"); if (shape) open(shape); });
  document.addEventListener("keydown", (event) => {
    const shape = event.target.closest?.("svg.mimic.is-editing [data-element]");
    if (!shape) return;
    if (event.key === "Enter") { event.preventDefault(); open(shape); return; }
    const step = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = read(shape);
    if (event.shiftKey) { place.w += step[0]; place.h += step[1]; } else { place.x += step[0]; place.y += step[1]; }
    put(shape, place);
    save(shape, event.shiftKey);
  });
}
