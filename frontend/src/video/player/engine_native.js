// The browser plays by itself: streams in Safari and on telephones of Apple, plain files everywhere.

export class NativeEngine {
  streams = false;
  automatic = true;
  #video;
  #tell;
  #left = null;
  #host = "";

  constructor(video, tell) {
    [this.#video, this.#tell] = [video, tell];
  }

  load(address, start = 0) {
    this.#left?.abort();
    this.#left = new AbortController();
    const { signal } = this.#left;
    const video = this.#video;
    this.#host = new URL(address, location.href).host;
    // Safari begins a growing stream at its end unless it is told.
    video.addEventListener("loadedmetadata", () => {
      if (start > 0 || !Number.isFinite(video.duration) || video.currentTime > 0) video.currentTime = start;
      this.#tell.changed();
    }, { once: true, signal });
    video.addEventListener("resize", () => this.#tell.changed(), { signal });
    video.addEventListener("error", () => this.#failed(), { signal });
    for (const list of [video.audioTracks]) list?.addEventListener?.("addtrack", () => this.#tell.changed(), { signal });
    video.src = address;
    video.load();
  }

  destroy() {
    this.#left?.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  levels() {
    return [];
  }

  level() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return height ? { id: 0, name: "", size: Math.min(width, height), width, height, frameRate: 0, bandwidth: 0, codecs: "" } : null;
  }

  choose() {}

  prefer() {}

  tracks() {
    return [...(this.#video.audioTracks ?? [])].map((track, id) => ({ id, label: track.label || track.language || String(id + 1), chosen: track.enabled }));
  }

  hear(id) {
    for (const [at, track] of [...(this.#video.audioTracks ?? [])].entries()) track.enabled = at === id;
    this.#tell.changed();
  }

  get ended() {
    return Number.isFinite(this.#video.duration);
  }

  facts() {
    return { engine: "", bandwidth: 0, host: this.#host };
  }

  #failed() {
    // The element does not tell why an address was refused. Whoever asks for it anew finds out.
    const code = this.#video.error?.code;
    if (code === 2 || code === 4) this.#tell.refused(0);
    else this.#tell.failed("broken");
  }
}
