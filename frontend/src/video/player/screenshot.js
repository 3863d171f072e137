// The picture of this moment, in its own size.

export function pictureOf(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"));
}

/** `A lizard 1.23.png`; what systems forbid in names is left out. */
export function fileName(title, moment) {
  const plain = title.replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, " ").replace(/\s+/g, " ").trim().slice(0, 80).replace(/^[. ]+/, "");
  return `${plain.trim() || "video"} ${moment.replaceAll(":", ".")}.png`;
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
