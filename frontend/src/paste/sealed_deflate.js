// Raw deflate by the browser's own streams, within a bound: a few sealed bytes must not fill a reader's memory.

export const MOST_BYTES = 200_000_000;

export function deflate(bytes) {
  return through(new CompressionStream("deflate-raw"), bytes, Infinity);
}

/** Throws RangeError for more than `most` bytes, TypeError for what is not deflated. */
export function inflate(bytes, most = MOST_BYTES) {
  return through(new DecompressionStream("deflate-raw"), bytes, most);
}

async function through(stream, bytes, most) {
  const writer = stream.writable.getWriter();
  // What goes wrong here shows at the other end.
  const fed = writer.write(bytes).then(() => writer.close()).catch(() => {});
  const reader = stream.readable.getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError("too large when unpacked");
    }
    pieces.push(value);
  }
  await fed;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
