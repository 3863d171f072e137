// hls.js behind the face that engine.js describes.

import { REFUSED } from "./errors.js";
import { sizeOf } from "./naming.js";

const RECOVERIES = 3;
const CONFIG = {
  // Pieces are fMP4 already, so there is nothing to take apart; the policy of the site lets no other worker run either.
  enableWorker: false,
  capLevelToPlayerSize: true,
  maxBufferLength: 30,
  maxMaxBufferLength: 120,
  backBufferLength: 60,
  // Captions are ours.
  renderTextTracksNatively: false,
  // A video that is still being made is watched from its beginning, never from where it is being made.
  liveSyncMode: "buffered",
  liveDurationInfinity: false,
};

export class HlsEngine {
  streams = true;
  #Hls;
  #video;
  #tell;
  #hls = null;
  #bandwidth;
  #size = 0;
  #recovered = 0;
  #host = "";
  #left = null;

  constructor(Hls, video, tell, bandwidth = 0) {
    [this.#Hls, this.#video, this.#tell, this.#bandwidth] = [Hls, video, tell, bandwidth];
  }

  load(address, start = 0, { audio = null } = {}) {
    const estimate = this.#hls?.bandwidthEstimate || this.#bandwidth;
    this.#hls?.destroy();
    const hls = new this.#Hls({
      ...CONFIG,
      startPosition: start,
      ...(estimate ? { abrEwmaDefaultEstimate: Math.min(estimate, 50e6), testBandwidth: false } : {}),
    });
    this.#hls = hls;
    const { Events } = this.#Hls;
    hls.on(Events.MANIFEST_PARSED, () => {
      if (this.#size) this.prefer(this.#size);
      this.#tell.changed();
    });
    hls.on(Events.LEVEL_SWITCHED, () => this.#tell.changed());
    hls.on(Events.LEVEL_UPDATED, () => this.#tell.changed());
    hls.on(Events.AUDIO_TRACKS_UPDATED, () => {
      const same = audio === null ? null : this.tracks().find((track) => track.label === audio);
      if (same) this.hear(same.id);
      audio = null;
      this.#tell.changed();
    });
    hls.on(Events.AUDIO_TRACK_SWITCHED, () => this.#tell.changed());
    hls.on(Events.FRAG_LOADED, (_, { frag }) => {
      this.#host = new URL(frag.url, location.href).host;
    });
    // A last piece of sound of one frame, a hundredth of a second, is not recognized as the end by itself: the video would wait there for ever.
    const last = new Set();
    const end = () => last.has("main") && (!hls.audioTracks.length || last.has("audio")) && hls.trigger(Events.BUFFER_EOS, {});
    hls.on(Events.FRAG_BUFFERED, (_, { frag }) => {
      this.#recovered = 0;
      if (!frag.endList) return;
      last.add(frag.type);
      end();
    });
    // Who has gone back from the end and brought an earlier piece has opened it again, and the last one does not come a second time.
    this.#left?.abort();
    this.#left = new AbortController();
    for (const event of ["seeked", "waiting"]) this.#video.addEventListener(event, () => reachesEnd(this.#video) && end(), { signal: this.#left.signal });
    hls.on(Events.ERROR, (_, data) => this.#failed(data));
    hls.loadSource(address);
    hls.attachMedia(this.#video);
  }

  destroy() {
    this.#left?.abort();
    this.#hls?.destroy();
    this.#hls = null;
  }

  levels() {
    return (this.#hls?.levels ?? []).map(({ height, width, frameRate, bitrate, videoCodec, audioCodec, uri }, id) => {
      const name = fileOf(uri);
      return {
        id, name, size: sizeOf(name, width, height), height: height || 0, width: width || 0, frameRate: frameRate || 0, bandwidth: bitrate,
        codecs: [videoCodec, audioCodec].filter(Boolean).join(", "),
      };
    });
  }

  /** The one on the screen; before there is any, the one that comes. */
  level() {
    const hls = this.#hls;
    return hls ? (this.levels()[hls.currentLevel >= 0 ? hls.currentLevel : hls.loadLevel] ?? null) : null;
  }

  get automatic() {
    return this.#hls?.autoLevelEnabled ?? true;
  }

  /** `id` of a level, -1 to leave it to the engine. */
  choose(id) {
    if (!this.#hls) return;
    this.#size = id < 0 ? 0 : (this.levels()[id]?.size ?? 0);
    this.#hls.nextLevel = id;
    this.#tell.changed();
  }

  /** As one has chosen before: that size, or the next lower one. */
  prefer(size) {
    this.#size = size;
    const fitting = this.levels().filter((level) => level.size <= size).sort((one, other) => other.size - one.size)[0];
    if (fitting && this.#hls) this.#hls.nextLevel = fitting.id;
  }

  tracks() {
    return (this.#hls?.audioTracks ?? []).map(({ id, name, lang }) => ({ id, label: name || lang || String(id + 1), chosen: id === this.#hls.audioTrack }));
  }

  hear(id) {
    if (this.#hls) this.#hls.audioTrack = id;
  }

  /** Whether everything is there that will be. */
  get ended() {
    const hls = this.#hls;
    const details = hls?.levels?.[hls.currentLevel >= 0 ? hls.currentLevel : hls.loadLevel]?.details;
    return details ? !details.live : true;
  }

  facts() {
    return { engine: `hls.js ${this.#Hls.version}`, bandwidth: this.#hls?.bandwidthEstimate || 0, host: this.#host };
  }

  #failed(data) {
    const status = data.response?.code ?? 0;
    if (REFUSED.has(status)) return this.#tell.refused(status);
    if (!data.fatal) return;
    const { ErrorTypes } = this.#Hls;
    if (data.type === ErrorTypes.MEDIA_ERROR && this.#recovered < RECOVERIES) {
      this.#recovered += 1;
      if (this.#recovered > 1) this.#hls.swapAudioCodec();
      this.#hls.recoverMediaError();
      return;
    }
    const network = data.type === ErrorTypes.NETWORK_ERROR;
    this.#tell.failed(network ? (status >= 500 ? "server" : "network") : data.details?.includes("Codec") || data.details?.includes("Incompatible") ? "unsupported" : "broken");
  }
}

/** Whether everything from here to the end is there. */
export function reachesEnd({ buffered, currentTime, duration }) {
  for (let at = 0; at < buffered.length; at++) {
    if (buffered.start(at) <= currentTime + 0.1 && currentTime <= buffered.end(at)) return buffered.end(at) >= duration - 0.1;
  }
  return false;
}

/** `1080p` of `…/1080p.m3u8`. */
function fileOf(address) {
  return /([^/?#]+)\.m3u8(?:[?#]|$)/.exec(address ?? "")?.[1] ?? "";
}
