// Drags a session to another room or hour of the day board. Without this script the "Move" form of each card does it.
const board = document.querySelector("[data-board]");
const form = document.querySelector("[data-board-form]");
let dragged = null;

for (const card of document.querySelectorAll(".board-card")) {
  card.draggable = true;
  for (const link of card.querySelectorAll("a")) link.draggable = false; // else the link is dragged, not its card
  card.addEventListener("dragstart", (event) => {
    if (event.target !== card) return;
    dragged = card;
    card.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.code);
  });
  card.addEventListener("dragend", () => {
    card.classList.remove("is-dragged");
    unmark();
    dragged = null;
  });
}

board?.addEventListener("dragover", (event) => {
  const cell = event.target.closest("td[data-at]");
  if (!dragged || !cell) return;
  event.preventDefault();
  if (!cell.classList.contains("is-target")) {
    unmark();
    cell.classList.add("is-target");
  }
});

board?.addEventListener("drop", (event) => {
  const cell = event.target.closest("td[data-at]");
  if (!dragged || !cell) return;
  event.preventDefault();
  const { code, revision } = dragged.dataset;
  const values = { code, revision, room: cell.dataset.room, starts_at: cell.dataset.at };
  for (const [name, value] of Object.entries(values)) form.elements.namedItem(name).value = value;
  form.requestSubmit();
});

function unmark() {
  for (const cell of board?.querySelectorAll(".is-target") ?? []) cell.classList.remove("is-target");
}
