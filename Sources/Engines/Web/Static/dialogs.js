import { make, icon, say } from "./dom.js";

/** The one dialog that pages open in, and the question before anything that cannot be undone. */
export function startDialogs() {
  const dialog = document.getElementById("dialog");
  if (!dialog) return;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog || dialog.open || !dialog.firstElementChild) return;
    dialog.showModal();
    dialog.querySelector(".dialog-body input:not([type=hidden]), .dialog-body select, .dialog-body textarea")?.focus();
  });
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.id === "main" && dialog.open) close(dialog); });
  document.addEventListener("jw:close-dialog", () => close(dialog));
  dialog.addEventListener("click", (event) => { if (event.target.closest("[data-close]")) close(dialog); });
  dialog.addEventListener("cancel", (event) => {
    if (!dialog.querySelector("form[data-changed]")) return;
    event.preventDefault();
    ask(say("填写的内容尚未保存，确定关闭？", "Discard what you entered?")).then((yes) => { if (yes) close(dialog); });
  });
  dialog.addEventListener("close", () => dialog.replaceChildren());
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question).then((yes) => { if (yes) event.detail.issueRequest(true); });
  });
}

function close(dialog) {
  if (dialog.open) dialog.close();
}

export function ask(question) {
  return new Promise((answer) => {
    const box = make("dialog", { class: "ask" },
      make("p", {}, icon("alert"), make("span", {}, question)),
      make("div", { class: "ask-foot" },
        make("button", { type: "button", class: "btn btn-plain", onclick: () => box.close() }, say("取消", "Cancel")),
        make("button", { type: "button", class: "btn btn-primary", autofocus: true, onclick: () => { box.returnValue = "yes"; box.close("yes"); } }, say("确定", "OK"))));
    box.addEventListener("close", () => { answer(box.returnValue === "yes"); box.remove(); });
    document.body.append(box);
    box.showModal();
  });
}
