import { make, memory, session, say, toast } from "./dom.js";

export function startShell(onContent) {
  const html = document.documentElement;
  const body = document.body;

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF"] = document.querySelector('meta[name="csrf"]')?.content ?? "";
    if (event.detail.verb !== "get") return;
    // Empty filters make no address.
    const values = event.detail.parameters;
    for (const name of [...Object.keys(values)]) if (values[name] === "") delete values[name];
  });
  document.addEventListener("htmx:beforeRequest", () => html.classList.add("is-loading"));
  for (const name of ["htmx:afterRequest", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => html.classList.remove("is-loading"));
  document.addEventListener("htmx:sendError", () => toast(say("网络连接失败，请检查网络后重试", "No connection, please try again"), "red"));
  document.addEventListener("htmx:timeout", () => toast(say("服务响应超时，请稍后重试", "The server did not answer in time"), "orange"));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    const isPage = (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/html");
    if (xhr.status >= 400 && xhr.status !== 422 && isPage && target.id === "main") event.detail.shouldSwap = true;
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (!(xhr.getResponseHeader("Content-Type") ?? "").includes("json")) return;
    let problem = {};
    try { problem = JSON.parse(xhr.responseText); } catch { /* shown as it is */ }
    toast(problem.detail ?? say("操作未成功", "That did not work"), "red", { title: problem.title });
  });
  document.addEventListener("jw:toast", (event) => toast(event.detail.text, event.detail.tone, { title: event.detail.title }));
  document.addEventListener("jw:refresh", () => refreshPage());
  if (body.dataset.flash) toast(body.dataset.flash, "good");
  if (body.dataset.watermark) watermark(body.dataset.watermark);

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    if (hit("[data-menu-toggle]")) html.classList.toggle("menu-open");
    else if (hit("[data-menu-close]") || hit(".menu a")) html.classList.remove("menu-open");
    if (hit("[data-back]")) history.length > 1 ? history.back() : location.assign("/");
    if (hit("[data-print]")) window.print();
    const reveal = hit("[data-reveal]");
    if (reveal) {
      const input = document.getElementById(reveal.dataset.reveal);
      input.type = input.type === "password" ? "text" : "password";
    }
    const theme = hit("[data-theme-set]");
    if (theme) {
      event.preventDefault();
      html.dataset.theme = theme.dataset.themeSet;
      const isSecure = location.protocol === "https:";
      document.cookie = `${isSecure ? "__Host-" : ""}jw_theme=${theme.dataset.themeSet}; Path=/; Max-Age=31536000; SameSite=Lax${isSecure ? "; Secure" : ""}`;
      for (const other of theme.parentElement.children) other.toggleAttribute("aria-current", other === theme);
      document.dispatchEvent(new CustomEvent("jw:theme"));
    }
    for (const drop of document.querySelectorAll("details.drop[open]")) if (!drop.contains(event.target) || event.target.closest("a")) drop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      html.classList.remove("menu-open");
      for (const drop of document.querySelectorAll("details.drop[open]")) { drop.open = false; drop.querySelector("summary").focus(); }
    }
    const isTyping = event.target.closest("input, textarea, select, [contenteditable], dialog");
    const isCommand = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (isCommand || (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey)) {
      const find = ["[data-global-search] input", "[data-menu-find]"].map((one) => document.querySelector(one)).find((input) => input?.offsetParent);
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    }
  });

  menuFind();
  menuGroups();
  onContent((root) => { if (root === document || root.querySelector?.("#main") || root.id === "main") settle(); });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target?.id === "main" || event.detail.elt?.id === "main") settle(); });
  window.addEventListener("popstate", () => setTimeout(markMenu));
}

export function refreshPage() {
  const here = location.pathname + location.search;
  const top = window.scrollY;
  window.htmx?.ajax("GET", here, { target: "#main", swap: "outerHTML" }).then(() => window.scrollTo(0, top));
}

function menuFind() {
  const find = document.querySelector("[data-menu-find]");
  if (!find) return;
  const links = [...document.querySelectorAll(".menu a")];
  const folded = new Map();
  find.addEventListener("input", () => {
    const words = find.value.trim().toLowerCase();
    for (const link of links) link.parentElement.hidden = words !== "" && !link.textContent.toLowerCase().includes(words);
    for (const heading of document.querySelectorAll(".menu-section")) heading.hidden = words !== "";
    for (const group of document.querySelectorAll(".menu-group")) {
      const isHit = words !== "" && group.querySelector("summary").textContent.toLowerCase().includes(words);
      if (isHit) for (const item of group.querySelectorAll("li:not(.menu-section)")) item.hidden = false;
      group.hidden = !isHit && !group.querySelector("li:not([hidden])");
      if (words && !folded.has(group)) folded.set(group, group.open);
      if (words) group.open = true;
      else if (folded.has(group)) group.open = folded.get(group);
    }
    if (!words) { folded.clear(); markMenu(); }
  });
  find.addEventListener("keydown", (event) => {
    const shown = links.filter((link) => !link.parentElement.hidden && !link.closest("[hidden]"));
    if (event.key === "Enter" && shown[0]) { event.preventDefault(); shown[0].click(); find.value = ""; find.dispatchEvent(new Event("input")); }
    if (event.key === "Escape") { find.value = ""; find.dispatchEvent(new Event("input")); find.blur(); }
    if (event.key === "ArrowDown" && shown[0]) { event.preventDefault(); shown[0].focus(); }
  });
  document.querySelector(".menu").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const shown = [...document.querySelectorAll(".menu a, .menu summary")].filter((node) => node.offsetParent);
    const at = shown.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    shown[Math.min(shown.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
  });
}

/** Groups stay as this person left them; the one of the page is always open. */
function menuGroups() {
  const kept = memory.get("menu-groups", {});
  for (const group of document.querySelectorAll(".menu-group")) {
    const name = group.querySelector("summary").textContent;
    if (name in kept) group.open = kept[name];
    group.querySelector("summary").addEventListener("click", () => setTimeout(() => {
      if (!document.querySelector("[data-menu-find]").value) memory.set("menu-groups", { ...memory.get("menu-groups", {}), [name]: group.open });
    }));
  }
}

function settle() {
  markMenu();
  remember();
  document.querySelector("#main [data-focus]")?.focus();
}

function markMenu() {
  const active = document.getElementById("main")?.dataset.active || location.pathname;
  let best = null;
  for (const link of document.querySelectorAll(".menu a")) {
    link.removeAttribute("aria-current");
    const path = link.dataset.menu;
    if ((active === path || active.startsWith(path === "/" ? "//" : path + "/")) && (!best || path.length > best.dataset.menu.length)) best = link;
  }
  if (!best) return;
  best.setAttribute("aria-current", "page");
  best.closest("details").open = true;
  if (best.offsetParent) best.scrollIntoView({ block: "nearest" });
}

/** The last ten pages of this window, as tabs. */
function remember() {
  const bar = document.querySelector("[data-recent]");
  const main = document.getElementById("main");
  if (!bar || !main) return;
  let pages = session.get("recent", []);
  const path = location.pathname;
  if (!main.querySelector(".error-page")) {
    const known = pages.find((page) => page.path === path);
    if (known) { known.title = main.dataset.title; known.query = location.search; } else pages.push({ path, query: location.search, title: main.dataset.title });
    if (pages.length > 10) pages = pages.slice(-10);
    session.set("recent", pages);
  }
  bar.replaceChildren(...pages.map((page) => make("span", { class: "recent-tab" + (page.path === path ? " is-here" : "") },
    make("a", { href: page.path + page.query }, page.title),
    make("button", { type: "button", "aria-label": `${say("关闭", "Close")} ${page.title}`, onclick: () => forget(page.path) }, "×"))));
  window.htmx?.process(bar);
  bar.querySelector(".is-here")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function forget(path) {
  const pages = session.get("recent", []);
  const at = pages.findIndex((page) => page.path === path);
  pages.splice(at, 1);
  session.set("recent", pages);
  if (path === location.pathname && pages.length) document.querySelectorAll(".recent-tab a")[at === 0 ? 1 : at - 1]?.click();
  else remember();
}

/** The reader's name and the minute, tiled faintly over everything, on paper too; clicks go through it. */
function watermark(who) {
  const cover = make("div", { class: "watermark", "aria-hidden": "true" });
  const draw = () => {
    const canvas = make("canvas", { width: 640, height: 400 }), pen = canvas.getContext("2d");
    const now = new Date(), two = (number) => String(number).padStart(2, "0");
    pen.translate(320, 200);
    pen.rotate(-Math.PI / 9);
    pen.textAlign = "center";
    pen.font = "26px sans-serif";
    pen.fillStyle = "rgb(110 125 145 / 15%)";
    pen.fillText(who, 0, -18);
    pen.fillText(`${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}:${two(now.getMinutes())}`, 0, 20);
    cover.style.backgroundImage = `url(${canvas.toDataURL()})`;
  };
  draw();
  setInterval(draw, 60000);
  document.body.append(cover);
  // Taken out of the page by hand, it comes back.
  new MutationObserver(() => { if (!cover.isConnected) document.body.append(cover); }).observe(document.body, { childList: true });
}
