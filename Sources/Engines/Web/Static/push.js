// 允许本机推送: asks the browser for an address at its push service and hands it to the platform; says why where it cannot.
import { make, say, toast } from "./dom.js";

const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);

async function post(path, fields = {}) {
  const answer = await fetch(path, { method: "POST", headers: { "X-CSRF": csrf(), Accept: "application/json" }, body: new URLSearchParams(fields) });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.fields?.[0]?.message ?? problem.detail ?? say("没有保存，请稍后再试", "Not saved"));
}

async function mark(endpoint) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return [...hash].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/** Why this browser cannot show notices; empty where it can. */
function obstacle() {
  if (!window.isSecureContext) return say("浏览器只在 HTTPS 地址下允许推送，请用 https:// 打开本平台", "Notices need HTTPS");
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) return "";
  if (/iPhone|iPad/.test(navigator.userAgent)) return say("请先用“分享—添加到主屏幕”把本平台放到桌面，再从桌面打开后允许推送（iOS 16.4 以上）", "Add this site to the home screen first");
  return say("这个浏览器不支持推送，请改用新版 Chrome、Edge、Firefox 或 Safari", "This browser cannot show notices");
}

export async function offerPush(box) {
  const note = box.querySelector("[data-push-note]"), allow = box.querySelector("[data-push-allow]"), stop = box.querySelector("[data-push-stop]");
  const known = new Map(box.dataset.pushKnown.split(" ").filter(Boolean).map((one) => one.split(":")));
  const why = obstacle();
  if (why) { note.textContent = why; return; }
  let registration;
  try { registration = await navigator.serviceWorker.register("/service-worker.js", { scope: "/" }); }
  catch { note.textContent = say("推送组件没有装好，请刷新页面再试", "The push component could not be installed"); return; }
  const key = bytes(box.dataset.push);

  const show = async () => {
    const held = await registration.pushManager.getSubscription();
    const own = held ? await mark(held.endpoint) : "";
    const isOn = held !== null && known.has(own);
    for (const row of box.parentElement.querySelectorAll("[data-push-mark]")) if (isOn && row.dataset.pushMark === own) row.append(" ", make("span", { class: "badge tone-info" }, say("本机", "This one")));
    allow.hidden = isOn;
    stop.hidden = !isOn;
    stop.dataset.device = known.get(own) ?? "";
    note.textContent = isOn ? say("本机已允许推送。共用的手机、电脑，离开前请停止。", "This browser shows notices.")
      : Notification.permission === "denied" ? say("本站的通知已被浏览器禁止，请在浏览器的网站设置中改为允许", "Notices of this site are blocked in the browser's settings")
      : say("允许后，待办、报警和通知会出现在本机的通知栏，不打开平台也能看到；推送的内容由管理员在消息模板中规定。", "Notices will appear on this machine.");
  };
  allow.addEventListener("click", async () => {
    allow.disabled = true;
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error(say("没有得到浏览器的允许", "The browser did not allow it"));
      await navigator.serviceWorker.ready;
      const held = await registration.pushManager.getSubscription();
      const isOurs = held?.options?.applicationServerKey && same(new Uint8Array(held.options.applicationServerKey), key);
      if (held && !isOurs) await held.unsubscribe();
      const made = isOurs ? held : await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      const { endpoint, keys } = made.toJSON();
      await post("/message-settings/devices", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
      location.reload();
    } catch (error) {
      toast(error.name === "AbortError" ? say("连不上浏览器的推送服务，请检查网络", "The push service was not reached") : error.message, "red");
      allow.disabled = false;
      await show();
    }
  });
  stop.addEventListener("click", async () => {
    try {
      await post(`/message-settings/devices/${stop.dataset.device}/remove`);
      await (await registration.pushManager.getSubscription())?.unsubscribe();
      location.reload();
    } catch (error) { toast(error.message, "red"); }
  });
  await show();
}
