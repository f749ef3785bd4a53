// Sends a form with data-autosave="<address>" in the background, a little after the last change, one request at a time.
// The server answers 2xx (saved), 401 (signed out) or another 4xx (refused); anything else, and no network, is tried again. Files wait for the real button.
// data-autosave-method is POST unless it says PUT; the words come from the form's own data attributes.
const PAUSE_MS = 1500;
const FIRST_RETRY_MS = 4000;
const LAST_RETRY_MS = 60000;

function draft(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields.append(name, value);
  }
  return fields;
}

function attach(form) {
  const status = form.querySelector("[data-autosave-status]");
  const say = (words) => { if (status) status.textContent = words; };
  let timer = 0;
  let sending = false;
  let saved = draft(form).toString();
  let retry_ms = FIRST_RETRY_MS;

  function later(delay_ms) {
    clearTimeout(timer);
    timer = setTimeout(send, delay_ms);
  }

  async function send() {
    const fields = draft(form);
    if (sending || fields.toString() === saved) return;
    sending = true;
    say(form.dataset.saving);
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: form.dataset.autosaveMethod || "POST",
        body: fields,
        headers: { Accept: "application/json" },
      });
      if (answer.status >= 500) throw new Error(String(answer.status));
      settle(answer, fields.toString());
    } catch {
      say(form.dataset.unsaved);
      later(retry_ms);
      retry_ms = Math.min(retry_ms * 2, LAST_RETRY_MS);
    } finally {
      sending = false;
    }
  }

  function settle(answer, sent) {
    saved = sent;
    retry_ms = FIRST_RETRY_MS;
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
    if (answer.ok) say(form.dataset.saved.replace("{time}", time));
    else say(answer.status === 401 ? form.dataset.signedOut : form.dataset.refused);
    if (draft(form).toString() !== saved) later(PAUSE_MS);
  }

  form.addEventListener("input", () => later(PAUSE_MS));
  form.addEventListener("submit", () => clearTimeout(timer));
  document.addEventListener("visibilitychange", () => { if (document.hidden) send(); });
}

document.querySelectorAll("form[data-autosave]").forEach(attach);
