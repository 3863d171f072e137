"""From the pictures of a file to those of the rungs, as a graph for ffmpeg: decoded once, brought to one rate, cut to the chunk by the number
of the picture, then made as small as each rung has it."""

from collections.abc import Sequence
from typing import Final

from video.media.facts import Picture
from video.media.ladder import Chunk, Plan, Rung

REFERENCE: Final = 100
"""Candela a square metre that count as one before the curve: white of a page, 203 in HDR (ITU-R BT.2408), comes out bright then."""

MATRICES: Final = frozenset({"bt709", "smpte170m", "bt470bg"})


def matrix(picture: Picture) -> str:
    """How the rungs' colours are to be read: as the file's own where players can be told, so that nothing is converted."""
    if not _converted(picture) and picture.matrix in MATRICES:
        return picture.matrix
    return "bt709" if picture.height >= 720 or _converted(picture) else "smpte170m"


def _converted(picture: Picture) -> bool:
    return bool(picture.hdr) or (bool(picture.matrix) and picture.matrix not in MATRICES)


def graph(plan: Plan, rungs: Sequence[Rung], chunk: Chunk, *, pad_start: bool, lasts: Sequence[str] = ()) -> str:
    """Rung ``n`` of ``rungs``, whatever their order, comes out as ``[vn]``. ``pad_start``: the first picture stands for those missing before
    it. ``lasts``: what the encoder of each wants done in the end."""
    picture = plan.probe.seen
    steps = [*_upright(picture), *_even(plan, pad_start), *_cut(chunk)]
    widest = max(rungs, key=lambda rung: rung.width)
    steps += [*opaque(picture), *_sized(widest, plan.probe.width), *colours(picture)]
    outs = "".join(f"[s{at}]" for at in range(len(rungs)))
    pieces = [f"[0:{picture.index}]{','.join(steps)},split={len(rungs)}{outs}"]
    for at, rung in enumerate(rungs):
        fewer = [f"framestep={rung.every}"] if rung.every > 1 else []
        last = [lasts[at]] if lasts and lasts[at] else []
        pieces.append(f"[s{at}]{','.join([*fewer, *_sized(rung, widest.width), *last])}[v{at}]")
    return ";".join(pieces)


def _upright(picture: Picture) -> list[str]:
    return ["bwdif=mode=send_frame:deint=all"] if picture.interlaced else []


def _even(plan: Plan, pad_start: bool) -> list[str]:
    """One rate from the first picture on; the last one stays until it is cut off."""
    steps = []
    own = plan.probe.seen.frame_rate
    if own > plan.frame_rate:
        # Pictures that lie half-way between two places would go to either by the noise of their clocks.
        steps.append(f"setpts=PTS-{float(1 / own / 4):.9f}/TB")
    rate = f"{plan.rate[0]}/{plan.rate[1]}"
    return [*steps, f"fps={rate}:eof_action=pass" + ":start_time=0" * pad_start, "tpad=stop=-1:stop_mode=clone"]


def _cut(chunk: Chunk) -> list[str]:
    return [f"trim=start_pts={chunk.first}:end_pts={chunk.beyond}", f"setpts=PTS-{chunk.first}"]


def opaque(picture: Picture) -> list[str]:
    """What shines through stands before black."""
    return ["format=yuva420p", "premultiply=inplace=1"] if picture.alpha else []


def _sized(rung: Rung, wide: int) -> list[str]:
    """Where many pixels become one, their mean is both cheaper and nearer to what was there than a filter that reaches further."""
    way = "area" if wide >= 2 * rung.width else "lanczos"
    return [f"scale={rung.width}:{rung.height}:flags={way}", "setsar=1"]


def colours(picture: Picture) -> list[str]:
    if picture.hdr:
        own = picture.primaries or "bt2020"
        told = f"zscale=tin={'smpte2084' if picture.hdr == 'pq' else 'arib-std-b67'}:min={picture.matrix or 'bt2020nc'}:pin={own}"
        return [
            f"{told}:t=linear:npl={REFERENCE}", "format=gbrpf32le", "zscale=p=bt709", "tonemap=hable:desat=0",
            "zscale=t=bt709:m=bt709:r=tv", "format=yuv420p",
        ]  # fmt: skip
    if picture.full_range or _converted(picture):
        return [f"scale=out_range=tv:out_color_matrix={matrix(picture)}", "format=yuv420p"]
    return ["format=yuv420p"]
