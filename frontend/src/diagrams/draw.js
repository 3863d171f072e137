// Within the frame without an origin: draws what it is sent and sends the picture back. Nothing else is here, and nothing to be had.

import mermaid from "mermaid";

mermaid.initialize({
  startOnLoad: false,
  securityLevel: "strict",
  suppressErrorRendering: true,
  deterministicIds: true,
  htmlLabels: false,
  // What a diagram may not set for itself.
  secure: ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering", "htmlLabels", "themeCSS", "fontFamily"],
  flowchart: { htmlLabels: false },
  maxTextSize: 20_000,
  maxEdges: 400,
  fontFamily: "system-ui, sans-serif",
  theme: "base",
  themeVariables: {
    darkMode: true,
    background: "#0a0f0c",
    primaryColor: "#151d18",
    primaryTextColor: "#d8e8dc",
    primaryBorderColor: "#53c47c",
    secondaryColor: "#1e2922",
    secondaryTextColor: "#d8e8dc",
    tertiaryColor: "#0e1410",
    tertiaryTextColor: "#d8e8dc",
    lineColor: "#97b09f",
    textColor: "#d8e8dc",
    mainBkg: "#151d18",
    nodeBorder: "#53c47c",
    clusterBkg: "#0e1410",
    clusterBorder: "#5f7f6b",
    titleColor: "#7df0a0",
    edgeLabelBackground: "#0a0f0c",
    noteBkgColor: "#1e2922",
    noteTextColor: "#ffc069",
    noteBorderColor: "#5f7f6b",
  },
});

const place = document.getElementById("place");

async function drawn({ id, source }) {
  try {
    const { svg } = await mermaid.render(`diagram-${id}`, source, place);
    place.innerHTML = svg;
    const root = place.querySelector("svg");
    const { width, height } = root.viewBox.baseVal;
    // A picture needs a size of its own; the drawing only knows how wide it may grow.
    root.removeAttribute("style");
    root.setAttribute("width", width);
    root.setAttribute("height", height);
    const title = root.querySelector("title")?.textContent ?? "";
    return { id, width, height, title, svg: new XMLSerializer().serializeToString(root) };
  } catch (error) {
    return { id, error: String(error?.message ?? error) };
  } finally {
    place.replaceChildren();
  }
}

addEventListener("message", async ({ source, data }) => {
  if (source === parent && typeof data?.source === "string") parent.postMessage(await drawn(data), "*");
});

parent.postMessage({ ready: true }, "*");
