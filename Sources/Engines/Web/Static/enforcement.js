// The officer's telephone: the place goes with check-ins and inspections, and every minute while the page is open; the camera reads a subject's code where the browser can.
const csrf = () => document.querySelector('meta[name=csrf]')?.content ?? "";

function locate() {
  return new Promise((done) => {
    if (!navigator.geolocation) return done(null);
    navigator.geolocation.getCurrentPosition((found) => done(found.coords), () => done(null), { enableHighAccuracy: true, timeout: 8000, maximumAge: 30000 });
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || (!form.hasAttribute("data-locate") && !form.querySelector("[data-locate-form]")) || form.dataset.located) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.dataset.located = "1";
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
  const place = await locate();
  if (place) {
    form.querySelector("[name=longitude]").value = place.longitude.toFixed(6);
    form.querySelector("[name=latitude]").value = place.latitude.toFixed(6);
  }
  form.submit();
}, true);

const page = document.querySelector("[data-field-position]");
async function report() {
  if (document.hidden || !document.contains(page)) return;
  const place = await locate();
  if (!place) return;
  const body = new URLSearchParams({ longitude: place.longitude.toFixed(6), latitude: place.latitude.toFixed(6), _csrf: csrf() });
  fetch(page.dataset.fieldPosition, { method: "POST", body, headers: { "X-CSRF-Token": csrf() } }).catch(() => {});
}
if (page) {
  navigator.permissions?.query({ name: "geolocation" }).then((state) => { if (state.state === "granted") report(); }).catch(() => {});
  setInterval(report, 60000);
}

// Pictures and words are asked for what failed.
function unfold(item) {
  const failed = item.querySelector("input[type=radio][value=fail]")?.checked;
  item.classList.toggle("is-failed", Boolean(failed));
}
for (const item of document.querySelectorAll(".inspect-item")) {
  unfold(item);
  item.addEventListener("change", (event) => {
    if (event.target.type === "radio") item.querySelector("input[name=item]").checked = true;
    unfold(item);
  });
}

const scan = document.querySelector("[data-scan]");
const video = document.querySelector("[data-scan-video]");
if (scan && video && "BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) {
  scan.hidden = false;
  scan.addEventListener("click", async () => {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.hidden = false;
    await video.play();
    const look = async () => {
      const [found] = await detector.detect(video).catch(() => []);
      const path = found && new URL(found.rawValue, location.href).pathname;
      if (path && path.startsWith("/m/subjects/")) {
        for (const track of video.srcObject.getTracks()) track.stop();
        location.assign(path);
      } else requestAnimationFrame(look);
    };
    look();
  });
}
