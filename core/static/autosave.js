// Sends a form with data-autosave="<address>" in the background, a little after the last change, one request at a time.
// The server answers 2xx (saved), 401 (signed out), 409 (changed by somebody else, if the form has words for it) or another 4xx (refused); anything else, and no network, is tried again. Files wait for the real button.
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
      await settle(answer, fields);
    } catch {
      say(form.dataset.unsaved);
      later(retry_ms);
      retry_ms = Math.min(retry_ms * 2, LAST_RETRY_MS);
    } finally {
      sending = false;
    }
  }

  // A form with a hidden `revision` says which revision it was typed into; the answer's {"revision": n} is the next one's start.
  async function startFrom(answer, sent) {
    const field = form.elements.namedItem("revision");
    if (!field) return;
    const { revision } = await answer.json();
    field.value = revision;
    sent.set("revision", revision);
  }

  async function settle(answer, sent) {
    if (answer.ok) await startFrom(answer, sent);
    saved = sent.toString();
    retry_ms = FIRST_RETRY_MS;
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
    if (answer.ok) say(form.dataset.saved.replace("{time}", time));
    else if (answer.status === 409 && form.dataset.changed) say(form.dataset.changed);
    else say(answer.status === 401 ? form.dataset.signedOut : form.dataset.refused);
    if (draft(form).toString() !== saved) later(PAUSE_MS);
  }

  form.addEventListener("input", () => later(PAUSE_MS));
  form.addEventListener("submit", () => clearTimeout(timer));
  document.addEventListener("visibilitychange", () => { if (document.hidden) send(); });
}

document.querySelectorAll("form[data-autosave]").forEach(attach);
