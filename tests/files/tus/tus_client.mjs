// Uploads by tus-js-client. Arguments: where it is installed, the site, a key, a seed, and which scenarios. Prints what it believes to have
// uploaded, as JSON: {scenario: {address, sha256, size, said}}.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

const [installed, site, key, seed, ...wanted] = process.argv.slice(2);
const { Upload } = await import(pathToFileURL(`${installed}/lib.esm/node/index.js`));

let state = Number(seed) >>> 0;
function random(below) {
  // A generator whose seed can be given again: Math.random has none.
  state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
  return state % below;
}

function content(size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(random(0xffffffff), Math.min(at, size - 4));
  return bytes;
}

const common = { endpoint: `${site}/files/uploads/`, headers: { Authorization: `Bearer ${key}` }, retryDelays: [100, 300, 1000, 2000, 4000, 4000, 4000] };

function whole(bytes, name, options, meanwhile = () => {}) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      ...common, metadata: { filename: name, filetype: "application/octet-stream" }, ...options,
      onSuccess: ({ lastResponse }) => resolve({ upload, address: lastResponse.getHeader("Content-Location") }),
      onError: reject,
    });
    meanwhile(upload);
    upload.start();
  });
}

function told(bytes, { address, upload }, said = "") {
  return { address, url: upload.url, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex"), said };
}

/** Breaks off when about `at` bytes are sent; the address by which it can go on. */
function brokenOff(bytes, name, at, options = {}) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      ...common, metadata: { filename: name }, ...options,
      onProgress: (sent) => { if (sent >= at) upload.abort().then(() => resolve(upload.url), reject); },
      onSuccess: () => resolve(upload.url),
      onError: reject,
    });
    upload.start();
  });
}

const scenarios = {
  async whole() {
    const bytes = content(3_000_000);
    return told(bytes, await whole(bytes, "whole.bin", {}));
  },
  async pieces() {
    const bytes = content(1_000_003);
    return told(bytes, await whole(bytes, "pieces.bin", { chunkSize: 100_000 }));
  },
  async aborted() {
    const bytes = content(8_000_000);
    let uploadUrl = null;
    const stops = [];
    for (let turn = 0; turn < 4; turn++) {
      stops.push(1 + random(bytes.length - 1));
      uploadUrl = await brokenOff(bytes, "aborted.bin", stops[turn], { uploadUrl });
    }
    return told(bytes, await whole(bytes, "aborted.bin", { uploadUrl }), stops.join(" "));
  },
  async parallel() {
    const bytes = content(5_000_001);
    return told(bytes, await whole(bytes, "parallel.bin", { parallelUploads: 4 }));
  },
  async deferred() {
    const bytes = content(2_500_000);
    const parts = Array.from({ length: 25 }, (_none, at) => bytes.subarray(at * 100_000, (at + 1) * 100_000));
    return told(bytes, await whole(Readable.from(parts), "deferred.bin", { uploadLengthDeferred: true, chunkSize: 400_000, uploadSize: null }));
  },
  async during() {
    const bytes = content(300_000);
    const first = told(bytes, await whole(bytes, "during.bin", { uploadDataDuringCreation: true }));
    const longer = content(6_000_000);
    await whole(longer, "during-longer.bin", { uploadDataDuringCreation: true, chunkSize: 2_000_000 });
    return first;
  },
  async terminated() {
    const bytes = content(4_000_000);
    const url = await brokenOff(bytes, "terminated.bin", 1_000_000);
    await Upload.terminate(url, common);
    const after = await fetch(url, { method: "HEAD", headers: { ...common.headers, "Tus-Resumable": "1.0.0" } });
    return { said: String(after.status) };
  },
  async killed() {
    // Whoever started this kills the site in the middle, and starts it again.
    const bytes = content(24_000_000);
    let said = false;
    const done = await whole(bytes, "killed.bin", { chunkSize: 8_000_000, retryDelays: Array(60).fill(500) }, (upload) => {
      upload.options.onProgress = (sent) => { if (!said && sent > 3_000_000) { said = true; process.stderr.write("now\n"); } };
    });
    return told(bytes, done);
  },
};

const results = {};
for (const name of wanted) results[name] = await scenarios[name]();
process.stdout.write(JSON.stringify(results));
