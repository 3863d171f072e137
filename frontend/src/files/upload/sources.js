// Where files come from: dropped, pasted, picked, taken with a camera. All end as `{file, path, handle}`: `path` is the name, or the way
// through the folders that came along; `handle` lets the browser open the same file again after a reload, where it can.

/** Of a drop, whole folders included. What was dropped can be asked only within the event, so everything is asked for before the first wait. */
export async function dropped({ items, files }) {
  const asked = [...(items ?? [])].filter(({ kind }) => kind === "file").map((item) => ({
    entry: item.webkitGetAsEntry?.() ?? null,
    handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null,
    file: item.getAsFile(),
  }));
  if (!asked.length) return [...(files ?? [])].map((file) => ({ file, path: file.name, handle: null }));
  const found = [];
  for (const { entry, handle, file } of asked) {
    const kept = await handle;
    if (entry?.isDirectory) found.push(...(await inFolder(entry, "", kept)));
    else if (file) found.push({ file, path: file.name, handle: kept });
  }
  return found;
}

/** A browser gives at most a hundred entries at once, and says by an empty piece that there are no more. */
async function inFolder(folder, before, handle) {
  const here = `${before}${folder.name}/`;
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return found;
    for (const entry of entries) {
      if (entry.isDirectory) found.push(...(await inFolder(entry, here, handle)));
      // One that vanished meanwhile, or may not be read, does not keep the others.
      else found.push(...(await opened(entry, `${here}${entry.name}`, handle)));
    }
  }
}

async function opened(entry, path, handle) {
  try {
    return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path, handle }];
  } catch {
    return [];
  }
}

/** Of a field for files or for a folder. */
export function picked(input) {
  const found = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name, handle: null }));
  // Emptied, so that the same file can be chosen again.
  input.value = "";
  return found;
}

/** The dialog of browsers that can open the same files later. Null where there is none; empty when the person chose nothing. */
export async function pickedToKeep(pick = globalThis.showOpenFilePicker) {
  if (!pick) return null;
  try {
    const handles = await pick({ multiple: true });
    return await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), path: handle.name, handle })));
  } catch (error) {
    if (error.name === "AbortError") return [];
    return null;
  }
}

/** Files of the clipboard. A picture has no name of its own there: each browser calls it "image.png". */
export function pasted({ clipboardData }, now = new Date()) {
  const { files = [], types = [] } = clipboardData ?? {};
  // A table copied from an office program comes as text and as a picture of itself: the text is meant.
  if (!files.length || types.includes("text/plain")) return [];
  const stamp = now.toISOString().slice(0, 19).replaceAll(":", "-").replace("T", " ");
  return [...files].map((file) => ({ file, path: file.name === "image.png" ? `${stamp}.png` : file.name, handle: null }));
}

/** Opens again what a handle stands for; within a folder by the rest of the path. Null when it is gone or the person refuses. Call it in
 * answer to a press: browsers ask for leave again. */
export async function reopened({ handle, path }) {
  try {
    if ((await handle.queryPermission?.({ mode: "read" })) !== "granted" && (await handle.requestPermission?.({ mode: "read" })) !== "granted") return null;
    if (handle.kind === "file") return await handle.getFile();
    let place = handle;
    const parts = path.split("/").slice(1);
    for (const name of parts.slice(0, -1)) place = await place.getDirectoryHandle(name);
    return await (await place.getFileHandle(parts.at(-1))).getFile();
  } catch {
    return null;
  }
}
