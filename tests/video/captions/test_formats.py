"""Files of captions as people have them, and as they should not be."""

import pytest

from meatlizard.errors import Invalid
from video.captions import formats
from video.captions.cues import MOST_CHARACTERS, MOST_CUES, Cue, clean, moved, of_row, placed

VTT = """\ufeffWEBVTT - Some title
X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0

STYLE
::cue { color: red }

NOTE of the translator

intro
00:01.000 --> 00:02.500 line:0 align:start region:fred
<v.loud Bob>Hi <i>you &amp; me</i>

00:02.500 --> 01:00:03.000
<c.yellow>two</c> <00:00:02.700>lines
- the second
"""
SRT = """1\r
00:00:01,000 --> 00:00:02,500\r
<font color="#ff0000"><b>Loud</b></font> & clear\r
\r
2\r
00:00:03,000 --> 00:00:04,000\r
{\\an8}Up there\r
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H0000FFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Thought,Arial,20,&H00FFFFFF,&H0000FFFF,&H00000000,&H00000000,0,-1,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not said
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\an8\\b1}Stop{\\b0}, 1 < 2\\Nnow
Dialogue: 0,0:00:01.00,0:00:02.00,Thought,,0,0,0,,hmm
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
"""  # fmt: skip


def test_webvtt_is_read_with_its_places_and_speakers() -> None:
    first, second = formats.read(VTT.encode())
    assert first == Cue(1_000, 2_500, "Bob: Hi <i>you &amp; me</i>", "line:0 align:start")
    assert first.text == "Bob: Hi you & me"
    assert second == Cue(2_500, 3_603_000, "two lines\n- the second")


def test_subrip_is_read() -> None:
    assert formats.read(SRT.encode()) == [
        Cue(1_000, 2_500, "<b>Loud</b> &amp; clear"),
        Cue(3_000, 4_000, "Up there", "line:0"),
    ]


def test_substation_is_read_with_its_styles_and_without_its_drawings() -> None:
    assert formats.read(ASS.encode()) == [
        Cue(1_000, 2_000, "<i>hmm</i>"),
        Cue(3_000, 4_000, "<b>Stop</b>, 1 &lt; 2\nnow", "line:0"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_files_in_other_encodings_are_read(encoding: str) -> None:
    said = "Привет, как дела? Это длинная строка на русском языке, чтобы кодировка была ясна."
    text = f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n"
    assert formats.read(text.encode(encoding)) == [Cue(1_000, 2_000, said)]


@pytest.mark.parametrize("kind", [formats.vtt, formats.srt])
def test_what_is_written_is_read_back_the_same(kind: object) -> None:
    cues = [Cue(0, 1_000, "<b>1 &lt; 2</b> &amp; so on"), Cue(3_599_999, 3_600_001, "two\nlines")]
    assert callable(kind)
    assert formats.read(kind(cues).encode()) == cues


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "captions_unknown"),
        (b"Hello", "captions_unknown"),
        (b"\x00\x01\x02\xff\xfe" * 50, "captions_unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "captions_unknown"),
        (b"#EXTM3U\n#EXTINF:4,\n/etc/passwd\n", "captions_unknown"),
        (b"WEBVTT\n\nNOTE nothing\n", "captions_empty"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\nbackwards\n", "captions_empty"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n", "captions_empty"),
        (b"[Script Info]\n[Events]\nDialogue: broken\n", "captions_empty"),
        (b"1\n99:99:99,999 --> 00:00\nx\n", "captions_empty"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"x" * (MOST_CHARACTERS + 1), "caption_long"),
        (b"WEBVTT\n" + b"\n00:01.000 --> 00:02.000\nx\n" * (MOST_CUES + 1), "captions_many"),
        (bytes(formats.MOST_BYTES + 1), "captions_large"),
    ],
)
def test_what_is_no_file_of_captions_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        formats.read(data)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<i onclick=alert(1)>x</i>", "<i>x</i>"),
        ("<i><b>x</i>y</b>", "<i><b>x</b></i>y"),
        ("<i>never closed", "<i>never closed</i>"),
        ("</i>never opened", "never opened"),
        ("<i><i>twice</i>", "<i>twice</i>"),
        ("1 < 2 > 0 <3", "1 &lt; 2 &gt; 0 &lt;3"),
        ("&lt;script&gt; --> <", "&lt;script&gt; --&gt; &lt;"),
        ("a\n\n\nb\u202e\x00", "a\nb"),
        ("<EM>x</EM>", "<i>x</i>"),
        ("<<i>x", "&lt;<i>x</i>"),
    ],
)
def test_only_three_tags_are_left_and_they_are_closed(text: str, markup: str) -> None:
    assert clean(text) == markup
    assert clean(markup) == markup


def test_places_that_are_no_places_are_left_out() -> None:
    assert placed("line:10%,end position:50% onclick:alert(1) size:<b> align:center vertical:rl") == (
        "line:10%,end position:50% align:center"
    )


def test_all_are_moved_together_and_none_before_the_beginning() -> None:
    cues = [Cue(0, 1_000, "a"), Cue(500, 2_000, "b")]
    assert moved(cues, -1_000) == [Cue(0, 1_000, "b")]
    assert moved(cues, 10) == [Cue(10, 1_010, "a"), Cue(510, 2_010, "b")]
    assert [of_row(one.row()) for one in cues] == cues
