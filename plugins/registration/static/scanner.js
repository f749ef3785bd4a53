// Scans QR codes with the phone's camera where the browser can (BarcodeDetector); elsewhere the field alone is there.
// A scan fills the field and sends the form, as if the code had been typed.

const form = document.querySelector("[data-scanner]");
const field = form.querySelector("input[name=code]");
let stream = null;

// A form that is sent twice (a double tap, a reload) carries the same id and counts once.
const id = document.createElement("input");
id.type = "hidden";
id.name = "scan";
id.value = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;
form.append(id);

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = form.dataset.start;
  form.querySelector(".actions").append(button);
  button.addEventListener("click", () => (stream ? stop(button) : start(button)));
}

async function start(button) {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    button.replaceWith(form.dataset.failed);
    field.focus();
    return;
  }
  const video = document.createElement("video");
  video.className = "door-camera";
  video.playsInline = true;
  video.muted = true;
  video.srcObject = stream;
  form.prepend(video);
  button.textContent = form.dataset.stop;
  await video.play();
  look(new BarcodeDetector({ formats: ["qr_code"] }), video);
}

function stop(button) {
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  form.querySelector("video").remove();
  button.textContent = form.dataset.start;
}

async function look(detector, video) {
  if (!stream) return;
  const [found] = await detector.detect(video).catch(() => []);
  if (found) {
    field.value = found.rawValue;
    navigator.vibrate?.(60);
    form.requestSubmit();
    return;
  }
  setTimeout(() => look(detector, video), 120);
}
