// How much of the screen: all of it, a window of its own above others, or the width of the page.

export function canFull(root, video) {
  return Boolean(document.fullscreenEnabled || root.webkitRequestFullscreen || video.webkitEnterFullscreen);
}

export function isFull(root) {
  return (document.fullscreenElement ?? document.webkitFullscreenElement) === root;
}

/** With our controls where a browser fills its screen with any element; by itself on telephones that fill it with videos alone. */
export async function toggleFull(root, video, on = !isFull(root)) {
  if (!on) return (document.exitFullscreen ?? document.webkitExitFullscreen)?.call(document);
  if (root.requestFullscreen) await root.requestFullscreen({ navigationUI: "hide" });
  else if (root.webkitRequestFullscreen) root.webkitRequestFullscreen();
  else return video.webkitEnterFullscreen?.();
  // A wide video on a telephone held upright; refused everywhere else.
  if (video.videoWidth > video.videoHeight) await screen.orientation?.lock?.("landscape").catch(() => {});
}

export function canPip(video) {
  return Boolean((document.pictureInPictureEnabled && !video.disablePictureInPicture) || video.webkitSupportsPresentationMode?.("picture-in-picture"));
}

export async function togglePip(video) {
  if (document.pictureInPictureElement === video) return document.exitPictureInPicture();
  if (video.requestPictureInPicture) return video.requestPictureInPicture();
  const inside = video.webkitPresentationMode === "picture-in-picture";
  return video.webkitSetPresentationMode?.(inside ? "inline" : "picture-in-picture");
}
