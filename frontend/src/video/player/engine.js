// What is between addresses and pictures. Both engines look the same to the player:
// load(address, start, {audio}), destroy(), levels(), level(), automatic, choose(id), tracks(), hear(id), ended, facts().

import { HlsEngine } from "./engine_hls.js";
import { NativeEngine } from "./engine_native.js";

const STREAM = "application/vnd.apple.mpegurl";

/** The one for this browser. Our own comes first where it works: it lets people choose, which browsers by themselves do not. */
export async function openEngine(video, settings, tell, { script, bandwidth, bring = (address) => import(address), scope = globalThis } = {}) {
  const pieces = scope.ManagedMediaSource ?? scope.MediaSource;
  if (settings.master && pieces) {
    const { default: Hls } = await bring(script);
    if (Hls.isSupported()) return new HlsEngine(Hls, video, tell, bandwidth);
  }
  if (settings.mp4 || video.canPlayType(STREAM)) return new NativeEngine(video, tell);
  throw Object.assign(new Error("nothing here plays streams"), { code: "unsupported" });
}

/** Which address that engine takes. */
export function source(engine, settings) {
  const streams = engine.streams ?? false;
  return streams ? (settings.master ?? settings.mp4) : (settings.mp4 ?? settings.master);
}
