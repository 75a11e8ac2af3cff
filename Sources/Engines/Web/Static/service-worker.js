// Shows what the platform pushes to this browser, tells it that it was shown, and opens the page it speaks of. It keeps nothing and answers no request of a page.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** A path of our own and nothing else. */
const own = (path) => (typeof path === "string" && /^\/[\w\-./?=&%]*$/.test(path) && !path.startsWith("//") ? path : "/messages");

self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data?.json() ?? {}; } catch { /* a notice without words is still a notice */ }
  const shown = self.registration.showNotification(String(said.title ?? "见微"), {
    body: String(said.text ?? "有新消息，请打开平台查看"), tag: String(said.tag ?? "jianwei"), lang: "zh-CN", icon: "/static/icon-192.png", badge: "/static/icon-192.png",
    requireInteraction: said.isUrgent === true, timestamp: Number(said.at) || Date.now(), data: { path: own(said.path) },
  });
  const told = () => said.receipt && fetch("/push/shown", { method: "POST", credentials: "omit", body: new URLSearchParams({ token: String(said.receipt) }) });
  event.waitUntil(shown.then(told).catch(() => {}));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = own(event.notification.data?.path);
  event.waitUntil((async () => {
    const [page] = await self.clients.matchAll({ type: "window" });
    if (!page) return self.clients.openWindow(path);
    await page.focus().catch(() => {});
    return page.navigate(path).catch(() => self.clients.openWindow(path));
  })());
});
