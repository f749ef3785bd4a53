// Asks before a button with data-confirm="…" submits its form. Without JavaScript the button simply submits.
const words = document.getElementById("confirm-words");

function ask(question) {
  const dialog = words.content.firstElementChild.cloneNode(true);
  dialog.querySelector("#confirm-question").textContent = question;
  dialog.querySelector("[data-yes]").addEventListener("click", () => dialog.close("yes"));
  dialog.querySelector("[data-no]").addEventListener("click", () => dialog.close("no"));
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("[data-no]").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-confirm]");
  if (!button) return;
  event.preventDefault();
  if (await ask(button.dataset.confirm)) button.form.requestSubmit(button);
  else button.focus();
});

// A page that comes back with errors starts at their summary.
document.querySelector("[data-error-summary]")?.focus();
