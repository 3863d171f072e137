// Sealed pastes in the browser: PrivateBin's known answer, keys, passwords, proofs, bounds, and what hostile contents are made of.

import assert from "node:assert/strict";
import { File } from "node:buffer";
import { webcrypto } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { test } from "node:test";
import { fromBase64, keyFromBase58, readFragment, toBase58, toBase64 } from "../../frontend/src/paste/sealed_base.js";
import { cleanName, isDrawn, readBody, readComment, writeBody } from "../../frontend/src/paste/sealed_body.js";
import { CannotOpen, guardOf, newCipher, newKey, NotForUs, proofOf, readings, seal, unseal } from "../../frontend/src/paste/sealed_crypto.js";
import { deflate, inflate } from "../../frontend/src/paste/sealed_deflate.js";
import { openPart, plan, sealPart } from "../../frontend/src/paste/sealed_parts.js";

globalThis.crypto ??= webcrypto;

// Made by PrivateBin.
const KEY = "5aVtoztG9b1Fdn9HnFTobUuWTCsTiBgXXcAowa9n1UYM";
const KNOWN = {
  adata: [["ESCo80JFxn8/W4hlM85bRg==", "mCzc5TZVGqE=", 100000, 256, 128, "aes", "gcm", "zlib"], "plaintext", 0, 0],
  ct: "8zzXhn7VoeHtoJVvcGnIxeAbckjCMoJyuxzGOL83NXNoXVEa1EPsrquaVgTgKyqvHSNvqD7q5Cx7QT0=",
};
const adata = (change = {}) => [Object.assign(newCipher(), { 2: 1_000 }, change), "plaintext", 0, 0];

test("PrivateBin's known answer opens", async () => {
  assert.deepEqual(await unseal(KNOWN, keyFromBase58(KEY)), { paste: "hello zero knowledge ✓\n" });
});

test("another key, a changed text and changed conditions do not open, and nothing tells which it was", async () => {
  const key = keyFromBase58(KEY);
  const other = keyFromBase58(KEY).fill(1, 0, 1);
  const bent = toBase64(fromBase64(KNOWN.ct).with?.(3, 0) ?? fromBase64(KNOWN.ct).map((byte, at) => (at === 3 ? 0 : byte)));
  await assert.rejects(unseal(KNOWN, other), CannotOpen);
  await assert.rejects(unseal({ ...KNOWN, ct: bent }, key), CannotOpen);
  await assert.rejects(unseal({ ...KNOWN, adata: [KNOWN.adata[0], "markdown", 0, 0] }, key), CannotOpen);
  await assert.rejects(unseal(KNOWN, key, "a password that it has not"), CannotOpen);
});

test("keys stand in addresses as PrivateBin writes them", () => {
  assert.equal(toBase58(keyFromBase58(KEY)), KEY);
  for (let turn = 0; turn < 200; turn += 1) {
    const key = newKey();
    if (turn < 5) key.fill(0, 0, turn);
    assert.deepEqual(keyFromBase58(toBase58(key)), key);
  }
  assert.deepEqual(keyFromBase58("2"), new Uint8Array(32).fill(1, 31));
  for (const wrong of ["", "0OIl", "<script>", "z".repeat(45), "1".repeat(51)]) assert.equal(keyFromBase58(wrong), null, wrong);
});

test("what an address says after #", () => {
  assert.equal(toBase58(readFragment(`#${KEY}`).key), KEY);
  assert.equal(readFragment(`#${KEY}`).asks, false);
  assert.equal(toBase58(readFragment(`#-${KEY}&utm=1`).key), KEY);
  assert.equal(readFragment(`#-${KEY}`).asks, true);
  assert.equal(readFragment("").key, null);
});

test("what is sealed opens again, with a password of any letters", async () => {
  for (const password of ["", "sesame", "Łódź 🦎"]) {
    const key = newKey();
    const how = adata();
    const { ct } = await seal({ paste: "a lizard 🦎" }, how, key, password);
    assert.deepEqual(await unseal({ adata: how, ct }, key, password), { paste: "a lizard 🦎" });
    await assert.rejects(unseal({ adata: how, ct }, key, `${password}x`), CannotOpen);
  }
});

test("a password that PrivateBin's page has read byte by byte opens as well", async () => {
  assert.deepEqual(readings("plain").length, 1);
  assert.deepEqual([...readings("Łx")[1]], [0x41, 0x78]);
  const key = newKey();
  const how = adata();
  // "Ł" read so is "A".
  const { ct } = await seal({ paste: "x" }, how, key, "A");
  assert.deepEqual(await unseal({ adata: how, ct }, key, "Ł"), { paste: "x" });
});

test("the proof is the same for who seals and who reads, another for a wrong password, and says nothing of the key", async () => {
  const key = newKey();
  const how = adata();
  const { proof, ct } = await seal({ paste: "x" }, how, key, "sesame");
  assert.equal(await proofOf(how, key, "sesame"), proof);
  assert.notEqual(await proofOf(how, key, "Sesame"), proof);
  assert.notEqual(await proofOf(adata(), key, "sesame"), proof);
  assert.match(proof, /^[0-9a-f]{64}$/);
  const guard = await guardOf(proof);
  assert.match(guard, /^[0-9a-f]{64}$/);
  assert.notEqual(guard, proof);
  assert.ok(!ct.includes(proof));
});

test("without compression, too", async () => {
  const key = newKey();
  const how = adata({ 7: "none" });
  const { ct } = await seal({ paste: "x" }, how, key);
  assert.deepEqual(await unseal({ adata: how, ct }, key), { paste: "x" });
});

test("ciphers that prove nothing, or that nobody has, are refused before anything is computed", async () => {
  for (const change of [{ 6: "cbc" }, { 5: "des" }, { 3: 64 }, { 4: 32 }, { 7: "rawdeflate" }, { 2: 1e12 }, { 2: -1 }]) {
    await assert.rejects(unseal({ ...KNOWN, adata: adata(change) }, newKey()), NotForUs, JSON.stringify(change));
  }
});

test("deflate is zlib's, both ways", async () => {
  const bytes = new TextEncoder().encode("lizard ".repeat(1000));
  assert.deepEqual(new Uint8Array(inflateRawSync(await deflate(bytes))), bytes);
  assert.deepEqual(await inflate(new Uint8Array(deflateRawSync(bytes))), bytes);
});

test("a bomb is stopped before it fills the memory", async () => {
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(5_000_000)));
  assert.ok(bomb.length < 6_000);
  await assert.rejects(inflate(bomb, 1_000_000), RangeError);
  await assert.rejects(inflate(new Uint8Array([255, 255, 255])));
});

test("one file and several come back, in the ways of PBinCLI and of PrivateBin", () => {
  const file = { name: "a.png", type: "image/png", data: "AAAA" };
  const other = { name: "b", type: "", data: "BBBB" };
  const one = writeBody("t", [file]);
  assert.equal(one.attachment, "data:image/png;base64,AAAA");
  assert.deepEqual(readBody(one).files, [file]);
  const two = writeBody("t", [file, other]);
  assert.ok(Array.isArray(two.attachment));
  assert.deepEqual(readBody(two).files.map(({ name }) => name), ["a.png", "b"]);
  assert.deepEqual(readBody({ paste: "t", attachment: "", attachment_name: "" }).files, []);
});

test("hostile contents are refused or made harmless", () => {
  const wrong = [null, 1, [], {}, { paste: 1 }, { paste: "", attachment: "javascript:alert(1)" }, { paste: "", attachment: [1] }];
  wrong.push({ paste: "", attachment: "data:text/html,<script>" }, { paste: "", attachment: Array(101).fill("data:;base64,") });
  wrong.push({ paste: "", meatlizard_files: [{ name: "x", size: -1, key: "", id: "../../x", parts: 1 }] });
  for (const body of wrong) assert.throws(() => readBody(body), TypeError, JSON.stringify(body));
  assert.equal(cleanName("../../.bashrc"), ".bashrc");
  assert.equal(cleanName("C:\\x\\evil.exe"), "evil.exe");
  assert.equal(cleanName("photo\u202egpj.exe"), "photogpj.exe");
  assert.equal(cleanName("\u0000/"), "file");
  assert.equal(isDrawn({ type: "image/svg+xml" }), false);
  assert.equal(isDrawn({ type: "image/png" }), true);
  assert.throws(() => readComment({ comment: {} }), TypeError);
  assert.deepEqual(readComment({ comment: "x", nickname: 5 }), { text: "x", name: "" });
});

test("files in parts: whole, in order, none left out, none exchanged", async () => {
  const files = [new File([new Uint8Array(25).fill(7)], "a/big.bin"), new File([], "empty")];
  const entries = plan(files, 10);
  assert.deepEqual(entries.map(({ name, size, first, parts }) => [name, size, first, parts]), [["big.bin", 25, 1, 3], ["empty", 0, 4, 1]]);
  assert.notEqual(entries[0].key, entries[1].key);
  const [read] = readBody(writeBody("t", [], entries)).parts;
  const sealed = await Promise.all([0, 1, 2].map(async (at) => sealPart(await files[0].slice(at * 10, at * 10 + 10).arrayBuffer(), read.key, at, 3)));
  assert.deepEqual(sealed.map(({ length }) => length), [26, 26, 21]);
  assert.deepEqual(new Uint8Array(await openPart(sealed[2], read.key, 2, 3)), new Uint8Array(5).fill(7));
  await assert.rejects(openPart(sealed[1], read.key, 0, 3));
  await assert.rejects(openPart(sealed[1], read.key, 1, 2));
  await assert.rejects(openPart(sealed[1].fill(0, 0, 1), read.key, 1, 3));
  for (const wrong of [{ first: 0 }, { parts: 1e9 }, { key: "AAAA" }, { size: "1" }, { name: 5 }]) {
    assert.throws(() => readBody({ paste: "", meatlizard_files: [{ ...entries[0], ...wrong }] }), TypeError, JSON.stringify(wrong));
  }
});
