// A text as a file of the reader's machine.

export function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  // A browser may begin to read it only after this.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
