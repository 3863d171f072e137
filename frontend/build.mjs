// Bundles the site's styles and page scripts into dist/ml/, where Django's static files find them as `ml/<name>`.
// File names carry no hash: Django's manifest storage adds one, and rewrites the url() of the fonts with it.
import { cp, mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist", "ml");

await rm(join(here, "dist"), { recursive: true, force: true });
await mkdir(out, { recursive: true });
await cp(join(here, "static"), out, { recursive: true });
// KaTeX offers each font in two older formats as well, for browsers that could not run the rest of the page.
const onlyWoff2 = {
  name: "only-woff2",
  setup(build) {
    build.onLoad({ filter: /katex\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      return { contents: css.replace(/,\s*url\([^)]*\.(woff|ttf)\)\s*format\([^)]*\)/g, ""), loader: "css" };
    });
  },
};

const common = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  target: ["es2022", "chrome110", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

await build({
  ...common,
  entryPoints: {
    site: "src/site.js",
    chat: "src/chat/main.js",
    math: "src/math/typeset.js",
    "math-page": "src/math/math.css",
    theme: "src/css/theme.css",
    "chat-page": "src/css/chat.css",
    admin: "src/css/admin.css",
    nodes: "src/nodes/main.js",
    moderation: "src/moderation/main.js",
    "nodes-page": "src/css/nodes.css",
    "figures-page": "src/css/figures.css",
    backups: "src/backups/main.js",
    "backups-page": "src/css/backups.css",
    status: "src/status/main.js",
    "status-page": "src/css/status.css",
    personas: "src/personas/main.js",
    "personas-page": "src/css/personas.css",
    prompts: "src/prompts/main.js",
    "prompt-tools": "src/chat/prompt_tools.js",
    "route-tools": "src/chat/route_tools.js",
    "files-panel": "src/files/panel.js",
    // Pages of the library: each script and style a line of its own, loaded by the page that needs it.
    "files-upload": "src/files/upload/main.js",
    "files-upload-page": "src/css/upload.css",
    library: "src/files/library/main.js",
    "library-page": "src/css/library.css",
    file: "src/files/look/main.js",
    "file-page": "src/css/file.css",
    "pdf-show": "src/files/pdf/show.js",
    "code-editor": "src/paste/codemirror.js",
    "prompts-page": "src/css/prompts.css",
    knowledge: "src/knowledge/main.js",
    "knowledge-page": "src/css/knowledge.css",
    notices: "src/notices/main.js",
    "notice-settings": "src/notices/settings.js",
    paste: "src/paste/page.js",
    "paste-editor": "src/paste/editor.js",
    "paste-page": "src/css/paste.css",
    "sealed-new": "src/paste/sealed_new.js",
    sealed: "src/paste/sealed_read.js",
    "sealed-markdown": "src/paste/sealed_markdown.js",
    "sealed-code": "src/paste/sealed_code.js",
    "sealed-page": "src/css/sealed.css",
    links: "src/links/main.js",
    "links-page": "src/css/links.css",
    shared: "src/shared/main.js",
    "shared-page": "src/css/shared.css",
    videos: "src/video/page.js",
    "videos-page": "src/css/videos.css",
    sharing: "src/files/sharing/page.js",
    "sharing-page": "src/css/sharing.css",
    "video-player": "src/video/player/main.js",
    "video-player-page": "src/css/video-player.css",
    hls: "src/video/hls.js",
    "video-upload": "src/video/upload/main.js",
    "video-upload-page": "src/css/video_upload.css",
    // Beside a video: comments, likes, lists; and the pages of lists and figures.
    "video-beside": "src/video/beside/main.js",
    "video-beside-page": "src/css/video_beside.css",
    "video-lists": "src/video/lists/main.js",
    "video-lists-page": "src/css/video_lists.css",
    "video-knowing": "src/video/knowing/main.js",
    "captions-editor": "src/video/captions/editor.js",
    transcript: "src/video/captions/transcript.js",
    "captions-page": "src/css/captions.css",
  },
  format: "esm",
  loader: { ".woff2": "file" },
  plugins: [onlyWoff2],
  assetNames: "fonts/[name]",
});

// Served with what it needs to know before it, from the root of the site.
await build({ ...common, entryPoints: { worker: "src/worker/main.js" }, bundle: false, format: undefined });

// A frame without an origin may load no module, and formulas within diagrams are not worth a second copy of what draws them.
await build({
  ...common,
  entryPoints: { diagrams: "src/diagrams/draw.js" },
  format: "iife",
  alias: { katex: "./src/diagrams/no_formulas.js" },
});

// The same for what shows PDF files. Fonts and character maps that files count on lie beside it, and are asked for by the page around.
await build({ ...common, entryPoints: { pdf: "src/files/pdf/draw.js" }, format: "iife" });
for (const part of ["cmaps", "standard_fonts"]) await cp(join(here, "node_modules", "pdfjs-dist", part), join(out, "pdf", part), { recursive: true });

for (const name of (await readdir(out)).sort()) {
  const path = join(out, name);
  if (!(await stat(path)).isFile()) continue;
  const bytes = await readFile(path);
  console.log(`${name.padEnd(16)} ${String(bytes.length).padStart(7)} B  ${String(gzipSync(bytes).length).padStart(6)} B gzip`);
}
