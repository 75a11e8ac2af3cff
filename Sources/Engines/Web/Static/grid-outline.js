// Drawing the outline of a grid, or the line of a road (data-outline-kind=line): clicks add corners, corners and the middles of edges are dragged, Delete takes one away. What is drawn goes into
// the form beside the map.
import { whenDrawn } from "./maps.js";

export async function editOutline(box) {
  if (box.dataset.outlineReady) return;
  box.dataset.outlineReady = "yes";
  const { L, map } = await whenDrawn(box.querySelector("[data-map]"));
  const text = box.querySelector("textarea[name=outline]"), drawn = box.querySelector("[data-outline-drawn]"), state = box.querySelector("[data-outline-state]");
  const most = 500, past = [], isLine = box.dataset.outlineKind === "line", least = isLine ? 2 : 3, corners = isLine ? "点" : "顶点";
  let ring = JSON.parse(box.dataset.ring || "[]");
  const look = { color: getComputedStyle(document.documentElement).getPropertyValue("--red-solid").trim(), weight: isLine ? 4 : 2.5, fillOpacity: .12, interactive: false };
  const figure = (isLine ? L.polyline([], look) : L.polygon([], look)).addTo(map);
  const handles = L.layerGroup().addTo(map);
  const hint = state.textContent;

  const round = (at) => [Math.round(at.lat * 1e6) / 1e6, Math.round(at.lng * 1e6) / 1e6];
  const remember = () => { past.push(ring.map((one) => [...one])); if (past.length > 100) past.shift(); };
  const change = (act) => { remember(); act(); write(); show(); };

  function write() {
    const points = ring.map(([lat, lng]) => [lng, lat]);
    const shape = !ring.length ? "" : JSON.stringify(isLine ? { type: "LineString", coordinates: points } : { type: "Polygon", coordinates: [[...points, points[0]]] });
    drawn.value = shape;
    text.value = box.dataset.wgs84 === "yes" ? shape : "";
  }

  /** Hectares on the sphere, near enough for the eye; the server counts for itself. */
  function hectares() {
    const rad = Math.PI / 180, radius = 6371008.8;
    let sum = 0;
    ring.forEach(([lat, lng], index) => { const [lat2, lng2] = ring[(index + 1) % ring.length]; sum += (lng2 - lng) * rad * (2 + Math.sin(lat * rad) + Math.sin(lat2 * rad)); });
    return Math.abs(sum * radius * radius / 2) / 10000;
  }

  /** Kilometres along the line. */
  const kilometres = () => ring.slice(1).reduce((sum, at, index) => sum + map.distance(ring[index], at), 0) / 1000;

  function measured() {
    if (isLine) return `${kilometres().toFixed(2)} 公里`;
    const size = hectares();
    return size < 1000 ? size.toFixed(1) + " 公顷" : (size / 100).toFixed(1) + " 平方公里";
  }

  function marker(at, kind, title) {
    return L.marker(at, { draggable: true, keyboard: kind === "corner", title, alt: title, icon: L.divIcon({ className: `outline-${kind}`, iconSize: kind === "corner" ? [14, 14] : [10, 10] }) }).addTo(handles);
  }

  function show() {
    figure.setLatLngs(ring);
    handles.clearLayers();
    ring.forEach((at, index) => {
      const corner = marker(at, "corner", `${corners} ${index + 1}`);
      corner.on("dragstart", remember);
      corner.on("drag", () => { ring[index] = round(corner.getLatLng()); figure.setLatLngs(ring); });
      corner.on("dragend", () => { write(); show(); });
      corner.on("contextmenu", (event) => { L.DomEvent.stop(event); change(() => ring.splice(index, 1)); });
      corner.on("keydown", (event) => { if (["Delete", "Backspace"].includes(event.originalEvent.key)) change(() => ring.splice(index, 1)); });
    });
    if (ring.length >= least && ring.length < most) ring.forEach((at, index) => {
      if (isLine && index === ring.length - 1) return;
      const next = ring[(index + 1) % ring.length];
      const middle = marker([(at[0] + next[0]) / 2, (at[1] + next[1]) / 2], "middle", "拖动以插入顶点");
      middle.on("dragstart", remember);
      middle.on("dragend", () => { ring.splice(index + 1, 0, round(middle.getLatLng())); write(); show(); });
    });
    state.textContent = ring.length >= least ? `${ring.length} 个${corners}，约 ${measured()}` : ring.length ? `${ring.length} 个${corners}，至少 ${least} 个` : hint;
  }

  map.on("click", (event) => { if (ring.length < most) change(() => ring.push(round(event.latlng))); });
  box.querySelector("[data-outline-undo]").addEventListener("click", () => { if (past.length) { ring = past.pop(); write(); show(); } });
  box.querySelector("[data-outline-clear]").addEventListener("click", () => { if (ring.length) change(() => { ring = []; }); });
  // What is written by hand goes before what was drawn earlier.
  text.addEventListener("input", () => {
    drawn.value = "";
    if (box.dataset.wgs84 !== "yes") return;
    try {
      const value = JSON.parse(text.value), shape = value.coordinates ?? value.geometry?.coordinates, points = shape ? (isLine ? shape : shape[0]) : value;
      if (Array.isArray(points) && points.every((one) => Number.isFinite(one[0]) && Number.isFinite(one[1]))) {
        ring = points.map(([lng, lat]) => [lat, lng]);
        const last = ring[ring.length - 1];
        if (!isLine && ring.length > 1 && last[0] === ring[0][0] && last[1] === ring[0][1]) ring.pop();
        show();
      }
    } catch { /* half-written; the server says what is wrong */ }
  });
  show();
  if (ring.length >= least) map.fitBounds(figure.getBounds(), { padding: [40, 40], animate: false });
}
