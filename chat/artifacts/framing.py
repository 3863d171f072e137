"""The frame in which a page or a drawing of a model's is looked at: a document without an origin, without scripts and without a network.

Two walls, each of which would do against scripts: the ``sandbox`` of the frame on our page, and the policy sent with the document, which
holds for whoever opens its address by itself, too. Against the network there is the policy, and before it an allow-list of what may be in
the document: Chromium looks up and connects to the host of a frame, a link or a refresh before it asks any policy. Where operators let
scripts run (``ARTIFACT_SCRIPTS``) that second wall falls, and scripts may open connections; see
docs/decisions/0024-files-of-models-in-a-frame.md.
"""

from typing import Final

import nh3

_TAGS: Final = frozenset(
    ["a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "br", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "data", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "img", "input", "ins", "kbd", "label", "legend", "li", "main", "map", "mark", "menu", "meter", "nav", "ol", "optgroup", "option", "output", "p", "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "section", "select", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video", "wbr", "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath", "defs", "use", "symbol", "marker", "linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix", "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feImage", "feMerge", "feMergeNode", "feMorphology", "feOffset", "fePointLight", "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence", "image", "title", "desc", "animate", "animateMotion", "animateTransform", "set", "mpath", "switch", "math", "mi", "mn", "mo", "ms", "mtext", "mrow", "mfrac", "msqrt", "mroot", "msup", "msub", "msubsup", "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mspace", "semantics"]
)  # fmt: skip
_ATTRIBUTES: Final = frozenset(
    ["class", "id", "style", "title", "lang", "dir", "hidden", "tabindex", "role", "width", "height", "align", "valign", "bgcolor", "color", "border", "cellpadding", "cellspacing", "colspan", "rowspan", "scope", "span", "start", "type", "value", "reversed", "open", "name", "for", "placeholder", "checked", "disabled", "readonly", "selected", "multiple", "size", "maxlength", "min", "max", "step", "rows", "cols", "alt", "src", "controls", "loop", "muted", "poster", "datetime", "cite", "label", "low", "high", "optimum", "face", "href", "xlink:href", "viewBox", "preserveAspectRatio", "xmlns", "xmlns:xlink", "version", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d", "points", "transform", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset", "stroke-miterlimit", "opacity", "font-family", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline", "alignment-baseline", "letter-spacing", "word-spacing", "textLength", "lengthAdjust", "dx", "dy", "rotate", "gradientUnits", "gradientTransform", "spreadMethod", "offset", "stop-color", "stop-opacity", "patternUnits", "patternContentUnits", "patternTransform", "clip-path", "clip-rule", "clipPathUnits", "mask", "maskUnits", "maskContentUnits", "filter", "filterUnits", "primitiveUnits", "in", "in2", "result", "stdDeviation", "values", "mode", "operator", "k1", "k2", "k3", "k4", "flood-color", "flood-opacity", "lighting-color", "baseFrequency", "numOctaves", "seed", "stitchTiles", "scale", "xChannelSelector", "yChannelSelector", "surfaceScale", "diffuseConstant", "specularConstant", "specularExponent", "kernelMatrix", "order", "marker-start", "marker-mid", "marker-end", "markerWidth", "markerHeight", "markerUnits", "refX", "refY", "orient", "attributeName", "attributeType", "begin", "dur", "end", "from", "to", "by", "repeatCount", "repeatDur", "calcMode", "keyTimes", "keySplines", "keyPoints", "path", "startOffset", "display", "visibility", "overflow", "cursor", "pointer-events", "paint-order", "vector-effect", "shape-rendering", "text-rendering", "mathvariant", "displaystyle", "linethickness", "columnalign", "rowspacing", "columnspacing"]
)  # fmt: skip
_PLACES: Final = frozenset(("src", "href", "xlink:href", "poster", "cite"))

_NOTHING: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; "
)  # fmt: skip
STILL: Final = _NOTHING + "sandbox"
RUNNING: Final = _NOTHING + "script-src 'unsafe-inline'; sandbox allow-scripts"

PERMISSIONS: Final = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer", "autoplay", "camera", "clipboard-read", "clipboard-write", "display-capture", "fullscreen", "geolocation",
        "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "web-share",
        "xr-spatial-tracking",
    )
)  # fmt: skip


def document(text: str, *, runs: bool) -> str:
    page = text if runs else cleaned(text)
    return f'<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">{page}'


def cleaned(text: str) -> str:
    """What can be looked at, and nothing that runs, leads anywhere, or is fetched."""
    return nh3.clean(
        text,
        tags=set(_TAGS),
        clean_content_tags={"script", "noscript", "template"},
        attributes={"*": set(_ATTRIBUTES)},
        attribute_filter=_kept,
        generic_attribute_prefixes={"aria-", "data-"},
        url_schemes={"data"},
        link_rel=None,
    )


def _kept(tag: str, name: str, value: str) -> str | None:
    """Places within the document, and data that lies in it, for what shows it."""
    if name not in _PLACES:
        return value
    if value.startswith("#"):
        return value
    return (
        value
        if tag not in ("a", "area", "use")
        and value[:11].lower().startswith(("data:image/", "data:audio/", "data:video/"))
        else None
    )


def headers(*, runs: bool) -> dict[str, str]:
    return {
        "Content-Security-Policy": RUNNING if runs else STILL,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "X-DNS-Prefetch-Control": "off",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": PERMISSIONS,
        "X-Robots-Tag": "noindex",
    }
