import { say } from "./dom.js";

/* Live pictures: all pictures of a stage come over one connection, in parts of `kind u8 | slot u8 | 0 u16 | length u32 | content`, and are played by Media Source Extensions. */

/** One picture: the element, its source, what waits to be put in. */
class Picture {
  constructor(tile) {
    this.tile = tile;
    this.video = tile.querySelector("video");
    this.note = tile.querySelector("[data-camera-note]");
    this.clock = tile.querySelector("[data-camera-start]");
    this.queue = [];
    this.began = performance.now();
    this.video.addEventListener("playing", () => {
      if (!this.shown) {
        this.shown = (performance.now() - this.began) / 1000;
        tile.dataset.start = this.shown.toFixed(2);
        this.clock.textContent = say(`首帧 ${this.shown.toFixed(1)} 秒`, `first picture ${this.shown.toFixed(1)} s`);
        setTimeout(() => (this.clock.textContent = ""), 6000);
      }
      this.say("");
    });
  }

  say(text) { this.note.textContent = text; this.note.hidden = !text; }

  tell({ state, message, transcoded }) {
    this.tile.dataset.state = state;
    this.tile.toggleAttribute("data-transcoded", Boolean(transcoded));
    if (state === "connecting" && this.tile.dataset.playing === undefined) this.say(say("正在连接…", "Connecting…"));
    if (state === "waiting") this.say(`${message}，${say("正在重试", "trying again")}`);
    if (state === "failed") this.say(message);
    if (state === "live" && this.shown && !this.video.paused) this.say("");
  }

  start(codec, bytes) {
    const type = `video/mp4; codecs="${codec}"`;
    this.end();
    if (!window.MediaSource?.isTypeSupported(type)) { this.say(say("此浏览器不能播放该画面", "This browser cannot play it")); return; }
    const source = new MediaSource();
    this.source = source;
    this.queue = [bytes];
    this.url = URL.createObjectURL(source);
    this.video.src = this.url;
    source.addEventListener("sourceopen", () => {
      if (this.source !== source || source.readyState !== "open") return;
      this.buffer = source.addSourceBuffer(type);
      this.buffer.addEventListener("updateend", () => this.feed());
      this.buffer.addEventListener("error", () => { this.queue = []; });
      this.feed();
    }, { once: true });
    this.video.play().catch(() => {});
  }

  add(bytes) {
    if (!this.source) return;
    this.queue.push(bytes);
    if (this.queue.length > 400) { this.queue = []; return; }
    this.feed();
  }

  feed() {
    const { buffer, video } = this;
    if (!buffer || buffer.updating || this.source?.readyState !== "open") return;
    const ranges = video.buffered;
    if (ranges.length) {
      const end = ranges.end(ranges.length - 1), begin = ranges.start(ranges.length - 1);
      if (video.currentTime < begin || end - video.currentTime > 3) video.currentTime = Math.max(begin, end - 0.6);
      else video.playbackRate = end - video.currentTime > 1.5 ? 1.1 : 1;
      if (video.currentTime - ranges.start(0) > 20) { buffer.remove(0, video.currentTime - 8); return; }
      if (video.paused) video.play().catch(() => {});
    }
    const next = this.queue.shift();
    if (!next) return;
    this.tile.dataset.playing = "";
    try { buffer.appendBuffer(next); } catch { this.queue = []; }
  }

  end() {
    this.source = this.buffer = null;
    if (this.url) { URL.revokeObjectURL(this.url); this.url = null; }
  }
}

/** One stage: its pictures and the connection that feeds them; begun again by itself when it breaks. */
class Stage {
  constructor(element) {
    this.element = element;
    this.pictures = [...element.querySelectorAll("[data-camera]")].map((tile) => new Picture(tile));
    this.ids = this.pictures.map((picture) => picture.tile.dataset.camera);
    this.pause = 1000;
    this.run();
  }

  get isThere() { return this.element.isConnected && !this.isEnded; }

  async run() {
    while (this.isThere) {
      if (document.hidden) { await new Promise((done) => setTimeout(done, 500)); continue; }
      this.stop = new AbortController();
      try {
        const answer = await fetch(`/cameras/stream?ids=${this.ids.join(",")}`, { signal: this.stop.signal, headers: { Accept: "application/octet-stream" } });
        if (!answer.ok) {
          const problem = await answer.json().catch(() => ({}));
          for (const picture of this.pictures) picture.say(problem.detail ?? say("画面暂时无法显示", "No picture at present"));
          if (answer.status === 401 || answer.status === 403 || answer.status === 404) return;
        } else {
          await this.read(answer.body.getReader());
          this.pause = 1000;
        }
      } catch (error) {
        if (error.name !== "AbortError") for (const picture of this.pictures) picture.say(say("连接中断，正在重试", "Connection lost, trying again"));
      }
      for (const picture of this.pictures) picture.end();
      await new Promise((done) => setTimeout(done, this.pause));
      this.pause = Math.min(this.pause * 2, 15000);
    }
  }

  async read(reader) {
    let held = new Uint8Array(0);
    for (;;) {
      const { value, done } = await reader.read();
      if (done || !this.isThere) { reader.cancel().catch(() => {}); return; }
      const joined = new Uint8Array(held.length + value.length);
      joined.set(held); joined.set(value, held.length);
      let at = 0;
      while (joined.length - at >= 8) {
        const length = new DataView(joined.buffer, at + 4, 4).getUint32(0);
        if (joined.length - at < 8 + length) break;
        this.take(joined[at], joined[at + 1], joined.slice(at + 8, at + 8 + length));
        at += 8 + length;
      }
      held = joined.slice(at);
    }
  }

  take(kind, slot, content) {
    const picture = this.pictures[slot];
    if (!picture) return;
    if (kind === 0) picture.tell(JSON.parse(new TextDecoder().decode(content)));
    else if (kind === 1) {
      const length = content[0] * 256 + content[1];
      picture.start(new TextDecoder().decode(content.slice(2, 2 + length)), content.slice(2 + length));
    } else if (kind === 2) picture.add(content);
  }

  end() { this.isEnded = true; this.stop?.abort(); for (const picture of this.pictures) picture.end(); }
}

const stages = new Map();

function look() {
  for (const [element, stage] of stages) if (!element.isConnected) { stage.end(); stages.delete(element); }
  for (const element of document.querySelectorAll("[data-camera-stage]")) if (!stages.has(element) && element.querySelector("[data-camera]")) stages.set(element, new Stage(element));
}

let isWaiting = false;
new MutationObserver(() => {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => { isWaiting = false; look(); }, 50);
}).observe(document.documentElement, { childList: true, subtree: true });

/** A page that nobody sees asks for nothing after a while. */
document.addEventListener("visibilitychange", () => {
  if (document.hidden) setTimeout(() => { if (document.hidden) for (const stage of stages.values()) stage.stop?.abort(); }, 20000);
});
window.addEventListener("pagehide", () => { for (const stage of stages.values()) stage.end(); });

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-camera-full]")) return;
  const stage = document.querySelector("[data-camera-stage]");
  if (document.fullscreenElement) document.exitFullscreen(); else stage?.requestFullscreen?.();
});
document.addEventListener("dblclick", (event) => {
  const tile = event.target.closest?.(".camera-tile[data-camera]");
  if (tile && !document.fullscreenElement) tile.querySelector("video")?.requestFullscreen?.();
});
look();
