// Forms with data-passkey="get" or "create" ask the browser for a passkey before they are sent.
// Without JavaScript, or in a browser without passkeys, they stay hidden: the link by e-mail always works.

function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const described = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

// The server's options, with bytes where the browser wants bytes.
function withBytes(options) {
  const read = { ...options, challenge: bytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: bytes(options.user.id) };
  if (options.allowCredentials) read.allowCredentials = described(options.allowCredentials);
  if (options.excludeCredentials) read.excludeCredentials = described(options.excludeCredentials);
  return read;
}

// The browser's answer as JSON (Web Authentication, 5.1): every buffer is base64url.
function asJson(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function challenge(form) {
  const answer = await fetch(form.dataset.challenge, { method: "POST", headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.detail), { status: answer.status });
  return withBytes(body);
}

async function ask(form) {
  const publicKey = await challenge(form);
  const isNew = form.dataset.passkey === "create";
  const credential = await (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  form.querySelector("[data-passkey-answer]").value = asJson(credential);
  form.submit();
}

function start(form) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  const words = trouble.textContent;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    try {
      await ask(form);
    } catch (error) {
      if (error.status === 403 && form.dataset.confirmAt) {
        // The page was open for longer than a confirmation lasts.
        form.action = form.dataset.confirmAt;
        form.submit();
        return;
      }
      // A DOMException is the browser's own no, in its own words; ours is what the server answered.
      trouble.textContent = error instanceof DOMException || !error.message ? words : error.message;
      trouble.hidden = false;
    }
  });
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("form[data-passkey]").forEach(start);
  document.querySelectorAll("[data-passkey-missing]").forEach((words) => { words.hidden = true; });
}
