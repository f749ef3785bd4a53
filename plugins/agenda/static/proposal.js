// Shows how far a search is without loading the page again; loads it once more when the search is over. Without this script
// the page loads itself every few seconds.
const PAUSE_MS = 1500;
const LONGEST_PAUSE_MS = 30000;

let pause_ms = PAUSE_MS;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const running = fresh.querySelector("[data-proposal-running]");
    if (!running) {
      location.reload();
      return;
    }
    document.querySelector("[data-proposal-running]").replaceChildren(...running.childNodes);
    pause_ms = PAUSE_MS;
  } catch {
    pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS);
  }
  setTimeout(look, pause_ms);
}

setTimeout(look, pause_ms);
