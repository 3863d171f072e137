// WebVTT, as captions and storyboards come in: https://www.w3.org/TR/webvtt1/. Reads what it can, and leaves out what is broken.

const TIME = String.raw`(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})`;
const ARROW = new RegExp(String.raw`^\s*${TIME}\s*-->\s*${TIME}(?:\s+(.*))?$`);
const MOST_CUES = 50_000;

/** `{start, end, text, settings}` in order of their start. */
export function parseVtt(source) {
  const lines = source.replace(/^\uFEFF/, "").replace(/\0/g, "\uFFFD").split(/\r\n|\r|\n/);
  if (!/^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? "")) return [];
  const cues = [];
  for (let at = 1; at < lines.length && cues.length < MOST_CUES; at++) {
    const timing = lines[at].match(ARROW);
    if (!timing) continue;
    const [start, end] = [seconds(timing, 1), seconds(timing, 5)];
    const text = [];
    while (at + 1 < lines.length && lines[at + 1] !== "" && !lines[at + 1].includes("-->")) text.push(lines[++at]);
    if (end > start) cues.push({ start, end, text: text.join("\n"), settings: settings(timing[9] ?? "") });
  }
  return cues.sort((one, other) => one.start - other.start || one.end - other.end);
}

function seconds(found, at) {
  return Number(found[at] ?? 0) * 3600 + Number(found[at + 1]) * 60 + Number(found[at + 2]) + Number(found[at + 3]) / 1000;
}

/** Percentages from the left and the top; `row`: the line of text, counted from the bottom where it is below nought. Both null where the player chooses. */
function settings(text) {
  const found = Object.fromEntries([...text.matchAll(/(\w+):(\S+)/g)].map((pair) => [pair[1], pair[2]]));
  const percent = (value) => {
    const number = /^(\d{1,3}(?:\.\d+)?)%/.exec(value ?? "");
    return number && Number(number[1]) <= 100 ? Number(number[1]) : null;
  };
  const counted = /^-?\d{1,3}(?=,|$)/.exec(found.line ?? "");
  const align = ["start", "left", "center", "end", "right"].includes(found.align) ? found.align : "center";
  const row = counted ? Math.max(-15, Math.min(14, Number(counted[0]))) : null;
  return { line: percent(found.line), row, position: percent(found.position), size: percent(found.size), align };
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", nbsp: "\u00a0", lrm: "\u200e", rlm: "\u200f" };
const TAGS = new Set(["b", "i", "u", "ruby", "rt"]);

/** The text of a cue as a tree: strings, and `{tag, children}`. Classes, voices and times are passed over, what is within them is not. */
export function cueTree(text) {
  const root = { tag: "", children: [] };
  const open = [root];
  for (const piece of text.match(/<[^>]*>?|[^<]+/g) ?? []) {
    const top = open.at(-1);
    if (!piece.startsWith("<")) {
      top.children.push(piece.replace(/&(\w+);/g, (whole, name) => ENTITIES[name] ?? whole));
      continue;
    }
    const [, closing, name] = /^<(\/?)([a-z]*)/i.exec(piece);
    if (closing) {
      if (open.length > 1 && (top.tag === name || !name)) open.pop();
    } else if (TAGS.has(name) && open.length < 16) {
      const child = { tag: name, children: [] };
      top.children.push(child);
      open.push(child);
    }
  }
  return root.children;
}
