import { loadScript, loadStyle, make, tones, vendor } from "./dom.js";

const maps = new Map();
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colour = (tone) => ({ info: style("--accent"), good: style("--good-solid"), blue: style("--blue-solid"), yellow: style("--yellow-solid"), orange: style("--orange-solid"), red: style("--red-solid") }[tone] ?? style("--text-3"));

async function leaflet() {
  loadStyle(vendor + "leaflet.css");
  if (!window.L) await loadScript(vendor + "leaflet.js");
  return window.L;
}

let basePromise;
function baseShapes(path) {
  basePromise ??= fetch(path).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  return basePromise;
}

async function ground(L, map, base, tiles) {
  if (tiles) L.tileLayer(tiles, { maxZoom: 18 }).addTo(map);
  const shapes = base ? await baseShapes(base) : null;
  L.control.scale({ imperial: false }).addTo(map);
  if (!shapes?.features?.length) {
    if (!tiles) graticule(L, map);
    return null;
  }
  const layer = L.geoJSON(shapes, {
    interactive: false,
    style: () => ({ color: style("--line-strong"), weight: 1.2, fillColor: style("--surface"), fillOpacity: tiles ? 0 : .9 }),
    onEachFeature: (feature, part) => { if (feature.properties?.name && !tiles) part.bindTooltip(make("span", {}, feature.properties.name), { permanent: true, direction: "center", className: "area-name" }); },
  }).addTo(map);
  layer.bringToBack();
  return layer;
}

/** Where there is neither tile nor boundary: a quiet net of degrees, so that places keep their bearings. */
function graticule(L, map) {
  const net = L.layerGroup().addTo(map);
  const draw = () => {
    net.clearLayers();
    const view = map.getBounds().pad(.2);
    const step = [10, 5, 2, 1, .5, .2, .1, .05, .02, .01, .005, .002, .001].find((one) => (map.getBounds().getEast() - map.getBounds().getWest()) / one >= 6) ?? .001;
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const line = (points) => L.polyline(points, { color: style("--line-strong"), weight: 1, opacity: .7, interactive: false }).addTo(net);
    const mark = (at, text, side) => L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ className: `map-degree map-degree-${side}`, html: make("span", {}, text), iconSize: [0, 0] }) }).addTo(net);
    for (let lng = Math.ceil(view.getWest() / step) * step; lng < view.getEast(); lng += step) { line([[view.getSouth(), lng], [view.getNorth(), lng]]); mark([map.getBounds().getSouth(), lng], lng.toFixed(digits) + "°E", "x"); }
    for (let lat = Math.ceil(view.getSouth() / step) * step; lat < view.getNorth(); lat += step) { line([[lat, view.getWest()], [lat, view.getEast()]]); mark([lat, map.getBounds().getEast()], lat.toFixed(digits) + "°N", "y"); }
  };
  map.on("moveend resize", draw);
  draw();
}

export async function drawMaps(root) {
  const L = await leaflet();
  for (const [figure, held] of maps) if (!figure.isConnected) { held.map.remove(); maps.delete(figure); }
  for (const figure of root.querySelectorAll("[data-map]")) if (!maps.has(figure)) { const settled = draw(L, figure); maps.get(figure).settled = settled; }
}

/** The map of a figure once it stands and has found its view. */
export async function whenDrawn(figure) {
  await drawMaps(figure.parentElement);
  const held = maps.get(figure);
  await held.settled;
  return { L: window.L, map: held.map };
}

async function draw(L, figure) {
  const data = JSON.parse(figure.dataset.map);
  const map = L.map(figure.querySelector(".map-canvas"), { attributionControl: false, zoomSnap: .25, zoomControl: !document.body.classList.contains("layout-screen"), scrollWheelZoom: true }).setView([38.04, 114.51], 9);
  const held = { map, points: new Map(), live: L.featureGroup().addTo(map) };
  maps.set(figure, held);
  const all = L.featureGroup(), overlays = {};
  for (const layer of data.layers) {
    const group = L.featureGroup(layer.features.map((feature) => shape(L, feature, held)));
    overlays[layer.title] = group;
    group.addTo(all);
    if (layer.shown) group.addTo(map);
  }
  if (data.layers.length > 1) L.control.layers(null, overlays, { collapsed: matchMedia("(max-width: 640px)").matches }).addTo(map);
  const land = await ground(L, map, data.base, data.tiles);
  const bounds = all.getBounds().isValid() ? all.getBounds() : land?.getBounds();
  if (bounds?.isValid()) map.fitBounds(bounds, { padding: [24, 24], maxZoom: 14, animate: false });
  new ResizeObserver(() => map.invalidateSize()).observe(figure);
}

function dot(L, tone) { return L.divIcon({ className: `map-dot tone-${tones.includes(tone) ? tone : "neutral"}`, iconSize: [14, 14] }); }

function shape(L, feature, held) {
  let part;
  if (feature.kind === "point") {
    part = L.marker(feature.at, { icon: dot(L, feature.tone), title: feature.title, alt: feature.title, keyboard: true });
    held.points.set(feature.id, part);
  } else if (feature.kind === "line") part = L.polyline(feature.at, { color: colour(feature.tone), weight: 3, opacity: .85 });
  else part = L.polygon(feature.at, { color: colour(feature.tone), weight: 1.5, fillOpacity: .14 });
  const head = make("p", {}, feature.path ? make("a", { href: feature.path }, feature.title) : make("strong", {}, feature.title));
  const body = make("div");
  body.innerHTML = feature.popup;
  part.bindPopup(() => { const box = make("div", {}, head, body); window.htmx?.process(box); return box; });
  return part;
}

document.addEventListener("jw:live", (event) => {
  for (const [figure, held] of maps) {
    if (figure.dataset.liveJson !== event.detail.topic || !event.detail.json) continue;
    const now = event.detail.json;
    let point = held.points.get(now.id);
    if (!point) {
      if (now.lat == null || now.lng == null) continue;
      point = window.L.marker([now.lat, now.lng], { icon: dot(window.L, now.tone), title: now.title }).addTo(held.live);
      point.bindPopup(make("strong", {}, now.title ?? ""));
      held.points.set(now.id, point);
    }
    if (now.lat != null && now.lng != null) point.setLatLng([now.lat, now.lng]);
    if (now.tone) point.setIcon(dot(window.L, now.tone));
  }
});

/** A click or a drag writes `longitude,latitude` into the input. */
export async function pointPicker(place, input) {
  const L = await leaflet();
  const map = L.map(place, { attributionControl: false }).setView([38.04, 114.51], 9);
  let marker;
  const put = (at) => {
    if (!marker) { marker = L.marker(at, { draggable: true, icon: dot(L, "red") }).addTo(map); marker.on("dragend", () => write(marker.getLatLng())); } else marker.setLatLng(at);
  };
  const write = (at) => { input.value = `${at.lng.toFixed(6)},${at.lat.toFixed(6)}`; input.dispatchEvent(new Event("change", { bubbles: true })); };
  const read = () => {
    const [lng, lat] = input.value.split(/[,，\s]+/).map(Number);
    if (Number.isFinite(lat) && Number.isFinite(lng) && Math.abs(lat) <= 90) { put([lat, lng]); return [lat, lng]; }
    return null;
  };
  map.on("click", (event) => { put(event.latlng); write(event.latlng); });
  input.addEventListener("change", read);
  const land = await ground(L, map, "/maps/base.json", "");
  const here = read();
  if (here) map.setView(here, 12); else if (land) map.fitBounds(land.getBounds());
  setTimeout(() => map.invalidateSize());
}
