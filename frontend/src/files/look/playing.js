// Recordings and videos: where in the waveform one is, and what a browser cannot play.

const WIDTH = 600;

export function plays(viewer) {
  const player = viewer.querySelector("audio, video");
  if (!player) return;
  player.addEventListener("error", () => {
    player.hidden = true;
    viewer.querySelector("[data-unplayable]").hidden = false;
  });
  const wave = viewer.querySelector(".waveform");
  if (!wave) return;
  const at = wave.querySelector(".wave-at");
  const length = () => (Number.isFinite(player.duration) && player.duration) || Number(player.dataset.duration);
  player.addEventListener("timeupdate", () => {
    const x = String((WIDTH * player.currentTime) / (length() || 1));
    at.setAttribute("x1", x);
    at.setAttribute("x2", x);
  });
  // Keys and screen readers have the player's own bar for this.
  wave.addEventListener("click", (event) => {
    const box = wave.getBoundingClientRect();
    player.currentTime = ((event.clientX - box.left) / box.width) * length();
    player.play();
  });
}
