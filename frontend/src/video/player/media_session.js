// Keys of keyboards and headsets, and the lock screen of a telephone.

export function mediaSession(player, session = navigator.mediaSession) {
  if (!session) return;
  const { video } = player;
  const set = (action, run) => {
    try {
      session.setActionHandler(action, run);
    } catch {
      /* not known here */
    }
  };
  const describe = () => {
    const { settings } = player;
    session.metadata = new MediaMetadata({
      title: settings.title, artist: settings.channel, artwork: settings.poster ? [{ src: new URL(settings.poster, location.href).href }] : [],
    });
    set("nexttrack", settings.next ? () => player.next() : null);
    set("previoustrack", settings.previous ? () => player.previous() : null);
  };
  const place = () => {
    const duration = player.duration;
    if (!session.setPositionState || !(duration > 0)) return;
    session.setPositionState({ duration, playbackRate: video.playbackRate || 1, position: Math.min(duration, Math.max(0, video.currentTime)) });
  };
  // Only what plays has the keys: several players may be on one page.
  video.addEventListener("play", () => {
    describe();
    set("play", () => player.play());
    set("pause", () => player.pause());
    set("stop", () => player.pause());
    set("seekbackward", ({ seekOffset }) => player.seekBy(-(seekOffset ?? 10)));
    set("seekforward", ({ seekOffset }) => player.seekBy(seekOffset ?? 10));
    set("seekto", ({ seekTime }) => player.seek(seekTime));
    session.playbackState = "playing";
  });
  video.addEventListener("pause", () => {
    session.playbackState = "paused";
  });
  for (const event of ["loadedmetadata", "seeked", "ratechange", "play", "pause"]) video.addEventListener(event, place);
}
