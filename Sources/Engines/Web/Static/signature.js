// A signature drawn with pen, finger or mouse; kept as the strokes of a path. Whoever has only a keyboard signs with their name below.
function start(pad) {
  const canvas = pad.querySelector("canvas"), field = pad.querySelector("input"), brush = canvas.getContext("2d");
  let path = "", last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [Math.round(((event.clientX - box.left) / box.width) * 600), Math.round(((event.clientY - box.top) / box.height) * 200)];
  };
  brush.lineWidth = 3; brush.lineCap = "round"; brush.lineJoin = "round"; brush.strokeStyle = "#111";
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    path += `M${last[0]} ${last[1]}`;
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || path.length > 19000) return;
    const now = place(event);
    if (Math.abs(now[0] - last[0]) + Math.abs(now[1] - last[1]) < 3) return;
    brush.beginPath(); brush.moveTo(...last); brush.lineTo(...now); brush.stroke();
    path += `L${now[0]} ${now[1]}`;
    last = now;
    field.value = path;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
  pad.querySelector("button").addEventListener("click", () => { path = ""; field.value = ""; brush.clearRect(0, 0, canvas.width, canvas.height); });
}
for (const pad of document.querySelectorAll("[data-sign-pad]:not([data-ready])")) { pad.dataset.ready = "1"; start(pad); }
