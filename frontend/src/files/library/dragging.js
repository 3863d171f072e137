// Dragging rows onto folders: those in the list, those around this one, those in the tree. Files from outside of the page are somebody else's.

export const ITEMS = "application/x-meatlizard-items";

/** `move(items, target)` is called with what was dropped and the folder's key, or "root". */
export function dragRows(page, selection, move) {
  const mark = (place) => {
    for (const one of page.querySelectorAll(".target")) one.classList.toggle("target", one === place);
    place?.classList.add("target");
  };
  const placeOf = (event) => {
    if (!event.dataTransfer?.types.includes(ITEMS)) return null;
    const place = event.target.closest?.("[data-drop]");
    return place && !place.classList.contains("dragged") ? place : null;
  };
  page.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".entry");
    if (!row) return;
    if (!selection.chosen.includes(row)) selection.only(row);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData(ITEMS, selection.items.join(","));
    for (const one of selection.chosen) one.classList.add("dragged");
  });
  page.addEventListener("dragend", () => {
    mark(null);
    for (const one of page.querySelectorAll(".dragged")) one.classList.remove("dragged");
  });
  page.addEventListener("dragover", (event) => {
    const place = placeOf(event);
    mark(place);
    if (!place) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  page.addEventListener("drop", (event) => {
    const place = placeOf(event);
    mark(null);
    if (!place) return;
    event.preventDefault();
    move(event.dataTransfer.getData(ITEMS), place.dataset.drop);
  });
}

export function makeDraggable(selection) {
  for (const row of selection.rows) row.draggable = true;
}
