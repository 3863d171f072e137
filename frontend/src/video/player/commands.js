// What keys do to a player.

/** Returns whether there was something to do: if not, the key is the page's. */
export function run(player, { name, value }) {
  const { video, settings } = player;
  const does = {
    held: () => {},
    toggle: () => player.toggle(),
    back5: () => player.seekBy(-5),
    forward5: () => player.seekBy(5),
    back10: () => player.seekBy(-10),
    forward10: () => player.seekBy(10),
    tenth: () => player.seek((player.duration * value) / 10),
    begin: () => player.seek(0),
    end: () => player.seek(player.duration),
    frameBack: () => player.frame(-1),
    frameForward: () => player.frame(1),
    slower: () => player.rate(video.playbackRate - 0.25),
    faster: () => player.rate(video.playbackRate + 0.25),
    louder: () => player.volume((video.muted ? 0 : video.volume) + 0.05),
    quieter: () => player.volume((video.muted ? 0 : video.volume) - 0.05),
    mute: () => player.mute(),
    captions: () => player.toggleCaptions(),
    full: () => player.full(),
    theatre: () => (settings.embedded ? false : player.theatre()),
    pip: () => (player.canPip ? player.pip() : false),
    next: () => (settings.next ? player.next() : false),
    previous: () => (settings.previous ? player.previous() : false),
    sheet: () => player.sheet(),
    search: () => search(),
    escape: () => player.escape(),
  };
  return does[name]() !== false;
}

function search() {
  const field = document.querySelector("main [type=search], [role=search] input, [type=search]");
  if (!field) return false;
  field.focus();
  field.select?.();
  return true;
}
