// What an earlier visit left unfinished, and which of it the files that are chosen now belong to.

/** The same file, as far as a browser tells: name and way, length, last change. */
export function fingerprint({ owner, folder, path, file }) {
  return JSON.stringify([owner, folder, path, file.size, file.lastModified ?? 0]);
}

/** The person is asked for one file, or for one folder with all that is missing of it. */
export function groups(records) {
  const found = new Map();
  for (const record of records) {
    const slash = record.path.indexOf("/");
    const name = slash < 0 ? record.path : record.path.slice(0, slash);
    const key = JSON.stringify([record.folder, name, slash < 0 ? record.id : ""]);
    if (!found.has(key)) found.set(key, { key, name, isFolder: slash >= 0, folder: record.folder, records: [], size: 0, sent: 0 });
    const group = found.get(key);
    group.records.push(record);
    group.size += record.size;
    group.sent += record.sent ?? 0;
  }
  return [...found.values()];
}

/**
 * Ties what was chosen to what is unfinished. A file that was changed since, by length or time, is another one.
 * @returns {{matched: {record: object, item: object}[], others: object[]}}
 */
export function match(records, items) {
  const waiting = new Map(records.map((record) => [key(record.path, record.size, record.modified), record]));
  const matched = [];
  const others = [];
  for (const item of items) {
    const found = key(item.path, item.file.size, item.file.lastModified ?? 0);
    const record = waiting.get(found);
    if (record) {
      waiting.delete(found);
      matched.push({ record, item });
    } else others.push(item);
  }
  return { matched, others };
}

const key = (path, size, modified) => JSON.stringify([path, size, modified]);
