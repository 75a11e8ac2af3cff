import { make, icon, say } from "./dom.js";

/** Shows photos large: arrows, + and -, R, wheel, drag, Escape. */
export function openPhoto(link) {
  const all = [...(link.closest("[data-photos]") ?? document).querySelectorAll("[data-photo]")];
  let at = all.indexOf(link), scale = 1, turn = 0, x = 0, y = 0;
  const image = make("img", { draggable: "false" });
  const title = make("span"), note = make("small");
  const button = (name, label, act) => make("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: act }, icon(name));
  const step = (by) => { at = (at + by + all.length) % all.length; show(); };
  const paint = () => { image.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg) scale(${scale})`; };
  const zoom = (by) => { scale = Math.min(8, Math.max(.2, scale * by)); paint(); };
  const rotate = () => { turn += 90; paint(); };
  const previous = button("left", say("上一张", "Previous"), () => step(-1));
  const next = button("right", say("下一张", "Next"), () => step(1));
  previous.classList.add("viewer-prev");
  next.classList.add("viewer-next");
  previous.hidden = next.hidden = all.length < 2;
  const stage = make("div", { class: "viewer-stage" }, image, previous, next);
  const save = make("a", { class: "icon-button", download: true, "aria-label": say("下载", "Download"), title: say("下载", "Download") }, icon("download"));
  const viewer = make("dialog", { class: "viewer", "aria-label": say("照片", "Photo") },
    make("div", { class: "viewer-head" }, title, note, button("x", say("关闭", "Close"), () => viewer.close())), stage,
    make("div", { class: "viewer-tools" }, button("zoom-out", say("缩小", "Zoom out"), () => zoom(1 / 1.3)), button("zoom-in", say("放大", "Zoom in"), () => zoom(1.3)),
      button("rotate", say("旋转", "Rotate"), rotate), button("expand", say("复原", "Reset"), () => { scale = 1; turn = 0; x = 0; y = 0; paint(); }), save));
  function show() {
    const now = all[at];
    scale = 1; turn = 0; x = 0; y = 0;
    image.src = now.dataset.photo;
    image.alt = now.querySelector("img")?.alt ?? "";
    title.textContent = `${image.alt}（${at + 1}/${all.length}）`;
    note.textContent = now.dataset.note;
    save.href = now.dataset.photo;
    paint();
  }
  viewer.addEventListener("keydown", (event) => {
    const act = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), r: rotate, R: rotate }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  stage.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15); }, { passive: false });
  stage.addEventListener("pointerdown", (event) => { if (event.target === image) { image.setPointerCapture(event.pointerId); image.dataset.held = "1"; } });
  stage.addEventListener("pointermove", (event) => { if (image.dataset.held) { x += event.movementX; y += event.movementY; paint(); } });
  stage.addEventListener("pointerup", () => delete image.dataset.held);
  stage.addEventListener("click", (event) => { if (event.target === stage) viewer.close(); });
  viewer.addEventListener("close", () => { viewer.remove(); link.focus(); });
  document.body.append(viewer);
  viewer.showModal();
  show();
}
