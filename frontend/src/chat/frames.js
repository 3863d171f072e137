// Binary frames. Text: one byte with the stream's number (1 to 127; with its high bit set the text is thinking), offset as LEB128
// varint (code points), then UTF-8 text. A long event: a zero byte, then its JSON in zlib's format.

// ignoreBOM: a byte order mark is a character of the answer like any other and counts in its length.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function decodeDelta(buffer) {
  const bytes = new Uint8Array(buffer);
  let offset = 0;
  let scale = 1;
  let at = 1;
  for (;;) {
    if (at >= bytes.length) throw new RangeError("a delta frame ended inside its head");
    const byte = bytes[at++];
    offset += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    // Not by shifting: 32-bit arithmetic would wrap, and past 53 bits the number is not exact.
    scale *= 0x80;
    if (scale > 2 ** 42) throw new RangeError("a delta frame's offset is too large");
  }
  return { stream: bytes[0] & 0x7f, thinking: bytes[0] >= 0x80, offset, text: decoder.decode(bytes.subarray(at)) };
}

export function isDeflated(buffer) {
  return buffer.byteLength > 0 && new Uint8Array(buffer, 0, 1)[0] === 0;
}

/** The JSON text of a deflated event. */
export function inflate(buffer) {
  const stream = new Blob([buffer.slice(1)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}
