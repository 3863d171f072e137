// One file on its way by tus, and what the site says when it refuses.

import { Upload } from "tus-js-client";
import { gettext, interpolate } from "../../i18n.js";

/** Up to here one request makes the upload and carries the file; longer ones must be able to go on, and for that have an address first. */
export const SMALL = 1_000_000;
const PIECE = 64 * 1024 * 1024;
const AGAIN = [500, 1_500, 4_000];

/**
 * @param {object} item `{file, path, folder, collision, url}`; `url` when it was begun before.
 * @param {{endpoint: string, headers: object, metadata: object}} site
 * @param {{address(url: string): void, progress(sent: number): void, done(location: string): void, failed(refusal: Refusal): void}} tell
 * @returns {{abort(): Promise<void>, cancel(): Promise<void>}} `abort` keeps what has arrived, `cancel` has the site delete it.
 */
export function send(item, site, tell) {
  const small = item.file.size <= SMALL;
  const upload = new Upload(item.file, {
    endpoint: site.endpoint,
    uploadUrl: item.url || null,
    headers: site.headers,
    metadata: metadata(item, site.metadata),
    chunkSize: PIECE,
    uploadDataDuringCreation: small,
    storeFingerprintForResuming: false,
    retryDelays: AGAIN,
    onShouldRetry: (error) => navigator.onLine !== false && refusalOf(error).kind === "unreachable",
    onAfterResponse: keepWhatArrived,
    onUploadUrlAvailable: () => tell.address(upload.url),
    onProgress: (sent) => tell.progress(sent),
    onSuccess: ({ lastResponse }) => tell.done(lastResponse?.getHeader("Content-Location") ?? ""),
    onError: (error) => tell.failed(refusalOf(error)),
  });
  upload.start();
  return { abort: () => upload.abort(), cancel: () => upload.abort(true) };
}

/** The client begins anew whenever the site does not say how much it has. It shall do so only where the site has nothing any more. */
function keepWhatArrived(request, response) {
  const status = response.getStatus();
  if (request.getMethod() === "HEAD" && status >= 300 && ![404, 410, 423].includes(status)) throw Object.assign(new Error(String(status)), { response });
}

/** Deletes at the site what nobody wants to end. */
export async function forget(url, { headers }) {
  await Upload.terminate(url, { headers, retryDelays: AGAIN });
}

function metadata({ file, path, folder, collision }, more) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const said = { filename: name, filetype: file.type || "application/octet-stream", folder: folder ?? "", collision: collision ?? "keep", ...more };
  if (path.includes("/")) said.relativePath = path;
  return said;
}

/**
 * @typedef {{kind: "unreachable" | "signed-out" | "full" | "slow" | "refused", words: string, wait: number}} Refusal
 * `unreachable`: nothing is wrong with the file; `signed-out` and `full` hold for those that wait, too; `wait`: seconds, with `slow`.
 */
export function refusalOf(error) {
  const response = error.originalResponse ?? error.causingError?.response;
  const status = response?.getStatus() ?? 0;
  // 409: the site has another part of it than was thought; 423: the request before is not over yet.
  if (!status || [409, 423, 502, 503, 504].includes(status)) {
    return { kind: "unreachable", words: said(response) || gettext("The site cannot be reached."), wait: 0 };
  }
  if (status === 429) return { kind: "slow", words: said(response) || gettext("Too many files in a short time."), wait: Number(response.getHeader("Retry-After")) || 10 };
  const words = said(response) || usual(status);
  if (status === 401 || (status === 403 && !coded(response))) return { kind: "signed-out", words, wait: 0 };
  if (status === 507 || coded(response) === "storage_full") return { kind: "full", words, wait: 0 };
  return { kind: "refused", words, wait: 0 };
}

function usual(status) {
  if (status === 413) return gettext("This file is larger than the site takes.");
  if (status === 401 || status === 403) return gettext("You are signed out. Sign in in another tab, then go on.");
  if (status === 404 || status === 410) return gettext("The site has forgotten this upload. Try again to begin anew.");
  return interpolate(gettext("The site refused this (%s)."), [status]);
}

function body(response) {
  try {
    return JSON.parse(response.getBody());
  } catch {
    return null;
  }
}

const coded = (response) => body(response)?.error?.code ?? "";

/** In words for people; what a server in front of the site says is not. */
function said(response) {
  const found = response && body(response)?.error?.message;
  return typeof found === "string" ? found.slice(0, 500) : "";
}
