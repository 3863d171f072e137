// Times of captions: milliseconds, written as `1:02:03.456` or `2:03.456`.

export function written(ms) {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  const rest = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${seconds.toFixed(3).padStart(6, "0")}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** Milliseconds; null for what is no time. Seconds alone will do, and a comma for the point. */
export function read(text) {
  const found = /^(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,5})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!found) return null;
  const [, hours = "0", minutes = "0", seconds, part = "0"] = found;
  if (found[2] !== undefined && Number(seconds) > 59) return null;
  if (found[1] !== undefined && Number(minutes) > 59) return null;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + Number(part.padEnd(3, "0"));
}
