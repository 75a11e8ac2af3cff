const version = new URL(".", import.meta.url).pathname;
export const icons = "/static/icons.svg";
export const vendor = document.documentElement.dataset.assets;
export const zh = document.documentElement.lang.startsWith("zh");
export const say = (chinese, english) => (zh ? chinese : english);
export const staticPath = (name) => version + name;

/** An element with attributes and children; text is always text. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

/** Remembered on this machine only; never anything personal. */
export const memory = {
  get(key, otherwise) { try { return JSON.parse(localStorage.getItem("jw:" + key)) ?? otherwise; } catch { return otherwise; } },
  set(key, value) { try { localStorage.setItem("jw:" + key, JSON.stringify(value)); } catch { /* storage is off or full */ } },
};
export const session = {
  get(key, otherwise) { try { return JSON.parse(sessionStorage.getItem("jw:" + key)) ?? otherwise; } catch { return otherwise; } },
  set(key, value) { try { sessionStorage.setItem("jw:" + key, JSON.stringify(value)); } catch { /* storage is off or full */ } },
};

const scripts = new Map();
export function loadScript(path) {
  if (!scripts.has(path)) scripts.set(path, new Promise((done, fail) => document.head.append(make("script", { src: path, onload: done, onerror: fail }))));
  return scripts.get(path);
}
export function loadStyle(path) {
  if (!document.querySelector(`link[href="${path}"]`)) document.head.prepend(make("link", { rel: "stylesheet", href: path }));
}

export const tones = ["neutral", "info", "good", "muted", "blue", "yellow", "orange", "red"];
export function toast(text, tone = "good", { title, path, stays } = {}) {
  const safe = tones.includes(tone) ? tone : "neutral";
  const box = document.getElementById("toasts");
  if (!box) return;
  const words = make("div", {}, make("strong", {}, title ?? text));
  if (title) words.append(make("small", {}, text));
  if (path?.startsWith("/") && !path.startsWith("//")) words.append(make("a", { href: path }, say("查看", "View")));
  const item = make("div", { class: `toast-item tone-${safe}`, role: safe === "red" || safe === "orange" ? "alert" : "status" },
    icon(safe === "good" ? "check" : ["yellow", "orange", "red"].includes(safe) ? "alert" : "info"), words,
    make("button", { type: "button", class: "icon-button", "aria-label": say("关闭", "Close"), onclick: () => item.remove() }, icon("x")));
  if (path) window.htmx?.process(item);
  box.append(item);
  while (box.children.length > 4) box.firstElementChild.remove();
  setTimeout(() => item.remove(), stays ? 12000 : 4500);
}
