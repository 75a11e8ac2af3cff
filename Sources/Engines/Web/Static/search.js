import { icon, make, say } from "./dom.js";

/** The box of the top bar: suggestions while typing, arrows and Enter, Escape closes. Without suggestions Enter goes to the page of results. */
export function startSearch() {
  const form = document.querySelector("[data-global-search]");
  if (!form) return;
  const input = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  let timer = 0, asked = "", waiting = null, chosen = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const show = (isOpen) => { list.hidden = !isOpen; input.setAttribute("aria-expanded", String(isOpen)); if (!isOpen) choose(-1); };
  function choose(at) {
    chosen = at;
    options().forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    const option = options()[at];
    if (option) { input.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
  }

  function option(path, ...children) {
    return make("a", { href: path, role: "option", id: `search-option-${options().length}-${Math.random().toString(36).slice(2, 7)}`, tabindex: "-1", "aria-selected": "false" }, ...children);
  }

  function paint(answer) {
    list.replaceChildren();
    for (const group of answer.groups) {
      list.append(make("div", { class: "search-group", role: "presentation" }, icon(group.icon), make("strong", {}, group.title), make("span", {}, group.count)));
      for (const hit of group.hits) list.append(option(hit.path, make("b", {}, ...marked(hit.title, answer.parts)), make("small", {}, ...marked(hit.detail, answer.parts))));
    }
    if (answer.groups.length) list.append(option(`${form.dataset.globalSearch}?q=${encodeURIComponent(asked)}`, make("b", {}, say("查看全部结果", "All results"))));
    else list.append(make("p", { class: "search-none" }, answer.isTooShort ? say("请输入至少两个字", "At least two characters") : say("没有找到，换个写法试试", "Nothing found")));
    window.htmx?.process(list);
    choose(-1);
    show(true);
  }

  async function ask() {
    const text = input.value.trim();
    if (!text) { asked = ""; show(false); return; }
    if (text === asked) { show(true); return; }
    asked = text;
    waiting?.abort();
    waiting = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.globalSearch}/suggest?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" }, signal: waiting.signal });
      if (answer.ok && text === input.value.trim()) paint(await answer.json());
    } catch { /* the next letter asks again */ }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 160); });
  input.addEventListener("focus", () => { if (input.value.trim() && list.children.length) show(true); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = options().length;
    if (event.key === "ArrowDown" && count) { event.preventDefault(); show(true); choose((chosen + 1) % count); }
    else if (event.key === "ArrowUp" && count) { event.preventDefault(); choose((chosen - 1 + count) % count); }
    else if (event.key === "Escape") { event.stopPropagation(); if (list.hidden) input.blur(); show(false); }
    else if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); options()[chosen].click(); }
  });
  form.addEventListener("submit", (event) => { clearTimeout(timer); show(false); if (!input.value.trim()) event.preventDefault(); });
  list.addEventListener("click", (event) => { if (event.target.closest("a")) show(false); });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) show(false); });
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.target?.id === "main") show(false); });
}

/** The parts that were asked for stand out; text stays text. */
function marked(text, parts) {
  if (!parts.length) return [text];
  const pattern = new RegExp(`(${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "i");
  return text.split(pattern).map((piece, at) => (at % 2 ? make("mark", {}, piece) : piece));
}
