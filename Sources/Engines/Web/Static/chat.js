// A conversation: new lines come by themselves, Enter sends, the list keeps to its end; without this script the form still sends and the page still shows.
import { say, toast } from "./dom.js";

const page = () => document.querySelector("[data-chat]");
const lines = () => document.getElementById("chat-lines");
let waiting = 0;

function toEnd() { const list = lines(); if (list) list.scrollTop = list.scrollHeight; }

async function refresh(seen) {
  const id = page()?.dataset.chat;
  if (id === undefined) return;
  if (id === "") { window.htmx?.ajax("GET", location.pathname + location.search, { target: "#chat-side", select: "#chat-side", swap: "outerHTML" }); return; }
  const answer = await fetch(`/chat/${id}/lines${seen && !document.hidden ? "?seen=1" : ""}`, { headers: { Accept: "text/html" } });
  if (!answer.ok || page()?.dataset.chat !== id) return;
  const got = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = lines(), fresh = got.getElementById("chat-lines");
  if (!list || !fresh) return;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const first = fresh.querySelector("[data-line]")?.dataset.line;
  // What is older than the fresh lines stays; everything from there on is drawn again.
  const days = [...list.children];
  const from = days.findIndex((node) => node.dataset.line && Number(node.dataset.line) >= Number(first ?? 0));
  if (first) for (const node of from < 0 ? [] : days.slice(from)) node.remove();
  const shown = new Set([...list.querySelectorAll("[data-day]")].map((node) => node.dataset.day));
  for (const node of [...fresh.children]) if (!(node.dataset.day && shown.has(node.dataset.day))) list.append(document.adoptNode(node));
  window.htmx?.process(list);
  const side = got.getElementById("chat-side"), old = document.getElementById("chat-side");
  if (side && old && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(side));
  if (atEnd) toEnd();
}

async function send(form) {
  const data = new FormData(form), text = form.elements.text.value.trim(), file = form.elements.file.files[0];
  if (!text && !file) { form.elements.text.focus(); return; }
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
    if (answer.ok) { form.reset(); name(form); await refresh(false); toEnd(); }
    else { const problem = await answer.json().catch(() => ({})); toast(problem.fields?.[0] ? `${problem.fields[0].title ?? ""}${problem.fields[0].message ?? ""}` : problem.detail ?? problem.title ?? say("没有发出", "Not sent"), "red"); }
  } catch { toast(say("网络不通，消息没有发出", "No connection, the message was not sent"), "red"); }
  button.disabled = false;
  form.elements.text.focus();
}

function name(form) {
  const file = form.elements.file.files[0];
  form.elements.text.placeholder = file ? `附件：${file.name}` : "输入消息，Enter 发送，Shift+Enter 换行";
  form.classList.toggle("has-file", !!file);
}

document.addEventListener("submit", (event) => { const form = event.target.closest?.("[data-chat-form]"); if (form) { event.preventDefault(); event.stopPropagation(); send(form); } }, true);
document.addEventListener("change", (event) => { const form = event.target.closest?.("[data-chat-form]"); if (form && event.target.name === "file") name(form); });
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-chat-form]");
  if (!form || event.key !== "Enter" || event.shiftKey || event.isComposing || event.target.name !== "text") return;
  event.preventDefault();
  send(form);
});
// Speech: one press begins, the next sends; a minute at most. Without a microphone the button never shows.
const kinds = [["audio/webm;codecs=opus", "weba"], ["audio/ogg;codecs=opus", "ogg"], ["audio/mp4", "m4a"]];
let recorder = null;
function offer() {
  const able = window.MediaRecorder && navigator.mediaDevices?.getUserMedia && kinds.some(([type]) => MediaRecorder.isTypeSupported(type));
  for (const button of document.querySelectorAll("[data-chat-record]")) button.hidden = !able;
}
async function record(button) {
  if (recorder) { recorder.stop(); return; }
  const form = button.closest("form"), [type, end] = kinds.find(([one]) => MediaRecorder.isTypeSupported(one));
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { toast(say("没有麦克风权限，请在浏览器中允许", "The microphone is not allowed"), "red"); return; }
  const parts = [];
  recorder = new MediaRecorder(stream, { mimeType: type });
  const limit = setTimeout(() => recorder?.stop(), 60_000);
  recorder.addEventListener("dataavailable", (event) => { if (event.data.size) parts.push(event.data); });
  recorder.addEventListener("stop", async () => {
    clearTimeout(limit);
    for (const track of stream.getTracks()) track.stop();
    recorder = null;
    button.setAttribute("aria-pressed", "false");
    const files = new DataTransfer();
    files.items.add(new File(parts, `语音.${end}`, { type: type.split(";")[0] }));
    form.elements.file.files = files.files;
    await send(form);
  });
  button.setAttribute("aria-pressed", "true");
  recorder.start();
}
document.addEventListener("click", (event) => { const button = event.target.closest?.("[data-chat-record]"); if (button) record(button); });
document.addEventListener("jw:live", (event) => {
  if (event.detail.topic !== "chat" || !page()) return;
  const other = String(event.detail.json?.room) !== page().dataset.chat;
  clearTimeout(waiting);
  waiting = setTimeout(() => refresh(!other && !event.detail.json?.seen), 150);
});
document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target?.id === "main") { toEnd(); offer(); } });
toEnd();
offer();
