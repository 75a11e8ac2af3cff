// 道路巡查: position at the beginning and the end, points of the track while it runs. Points that cannot be sent wait on the telephone and go with the next ones.
import { memory } from "./dom.js";

const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
const at = (position) => ({
  at: new Date(position.timestamp).toISOString(), lng: Math.round(position.coords.longitude * 1e6) / 1e6, lat: Math.round(position.coords.latitude * 1e6) / 1e6,
  accuracy: Math.round(position.coords.accuracy),
});

/** Where the telephone is now; null where it does not say within ten seconds. */
const here = () => new Promise((done) => {
  if (!navigator.geolocation) return done(null);
  navigator.geolocation.getCurrentPosition(done, () => done(null), { enableHighAccuracy: true, timeout: 10_000, maximumAge: 5_000 });
});

export function startWalk(panel) {
  if (panel.dataset.walkReady) return;
  panel.dataset.walkReady = "yes";
  const form = panel.querySelector("[data-walk-form]"), place = panel.querySelector("[data-walk-place]"), state = panel.querySelector("[data-walk-state]");
  const url = panel.dataset.points, key = "walk:" + url;
  let waiting = memory.get(key, []), isSending = false, watch = null, lock = null, lastSent = 0;

  const say = (text) => { state.textContent = text; };

  async function send() {
    if (isSending || !waiting.length) return;
    isSending = true;
    const part = waiting.slice(0, 400);
    try {
      const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF": csrf() }, body: JSON.stringify(part) });
      if (answer.ok) {
        const told = await answer.json();
        waiting = waiting.slice(part.length);
        lastSent = Date.now();
        const shown = panel.querySelector("[data-walk-length]"), points = panel.querySelector("[data-walk-points]");
        if (shown) shown.textContent = told.kilometres.toFixed(2);
        if (points) points.textContent = Number(points.textContent) + told.kept;
        say("正在记录轨迹，请保持本页打开。");
      } else if (answer.status === 409 || answer.status === 404) { waiting = []; stop(); say("巡查已结束，请刷新页面。"); }
      else say(`轨迹暂未上传，已在本机保存 ${waiting.length} 个点。`);
    } catch { say(`网络不通，已在本机保存 ${waiting.length} 个点，恢复后自动上传。`); }
    memory.set(key, waiting);
    isSending = false;
  }

  function stop() {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    lock?.release?.();
  }

  function record() {
    if (!navigator.geolocation) return say("浏览器不支持定位，本次巡查不记录轨迹。");
    watch = navigator.geolocation.watchPosition(
      (position) => {
        const point = at(position), last = waiting[waiting.length - 1];
        if (last && new Date(point.at) - new Date(last.at) < 3000) return;
        waiting.push(point);
        if (waiting.length > 20_000) waiting.shift();
        memory.set(key, waiting);
        if (Date.now() - lastSent > 8000) send();
      },
      (error) => say(error.code === 1 ? "没有使用位置的许可，本次巡查不记录轨迹；请在浏览器设置中允许。" : "暂时取不到位置，到室外后自动恢复。"),
      { enableHighAccuracy: true, maximumAge: 2000 });
    navigator.wakeLock?.request("screen").then((held) => { lock = held; }, () => {});
    send();
  }

  const time = panel.querySelector("[data-walk-time]");
  if (time && panel.dataset.since) {
    const since = new Date(panel.dataset.since);
    const tick = () => {
      if (!time.isConnected) { stop(); return clearInterval(clock); }
      const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
      const two = (value) => String(value).padStart(2, "0");
      time.textContent = seconds < 3600 ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}` : `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    };
    const clock = setInterval(tick, 1000);
    tick();
  }
  if (panel.dataset.roadWalk === "running") record();

  form.addEventListener("submit", async (event) => {
    if (form.dataset.placed) return;
    event.preventDefault();
    event.stopPropagation();
    const button = form.querySelector("button");
    button.disabled = true;
    say("正在取得位置…");
    const position = await here();
    if (position) place.value = `${at(position).lng},${at(position).lat}`;
    if (panel.dataset.roadWalk === "running") { await send(); stop(); memory.set(key, []); }
    form.dataset.placed = "yes";
    button.disabled = false;
    form.requestSubmit();
  }, true);
}
