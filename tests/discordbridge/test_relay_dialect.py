"""Markdown as Discord shows it, and nothing in an answer that calls, hides or deceives anybody there."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discordbridge.relay import pacing, status
from discordbridge.relay.answer import Answer
from discordbridge.relay.formula import readable
from discordbridge.relay.inline import inline
from discordbridge.relay.lines import RULE, line
from discordbridge.relay.mentions import APART
from discordbridge.relay.pacing import Pace, Remedy, remedy
from discordbridge.relay.units import units


def shown(text: str) -> str:
    answer = Answer()
    answer.update(text)
    return "\n———\n".join(answer.whole().parts)


@pytest.mark.parametrize(
    ("markdown", "discord"),
    [
        ("# Lizards", "**Lizards**"),
        ("###### Small *ones* ##", "**Small *ones***"),
        ("#tag", "#tag"),
        ("-# small print", r"\-# small print"),
        (">>> all that follows", "> all that follows"),
        ("> > within", "> within"),
        ("> # shout", "> **shout**"),
        ("* one", "- one"),
        ("+ one", "- one"),
        ("  - nested", "  - nested"),
        ("- [ ] open", "- ☐ open"),
        ("- [x] done", "- ☑ done"),
        ("3) third", "3. third"),
        ("---", RULE),
        ("* * *", RULE),
        ("**bold** and *soft*", "**bold** and *soft*"),
        ("__bold__", "**bold**"),
        ("snake_case and foo__bar__baz", r"snake_case and foo\_\_bar\_\_baz"),
        ("a || b", r"a \|\| b"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_a_line(markdown: str, discord: str) -> None:
    assert line(markdown) == discord


@pytest.mark.parametrize(
    ("markdown", "discord"),
    [
        ("```x``` in a line", "`x` in a line"),
        ("``a`b``", "``a`b``"),
        ("`never closed", r"\`never closed"),
        ("```never closed", r"\`\`\`never closed"),
        ("`**not bold** @everyone`", "`**not bold** @everyone`"),
        ("[the wall](https://example.org/a_b)", "[the wall](<https://example.org/a_b>) (example.org)"),
        ("[x](https://bank.example@evil.example/)", "[x](<https://bank.example@evil.example/>) (evil.example)"),
        ("[x](https://bücher.example/)", "[x](<https://bücher.example/>) (xn--bcher-kva.example)"),
        ("[https://bank.example](https://evil.example)", "`https://bank.example` (<https://evil.example>)"),
        ("[bank.example](https://evil.example)", "`bank.example` (<https://evil.example>)"),
        ("[https://a.example](https://a.example)", "<https://a.example>"),
        ("[go](javascript:alert(1))", "go (`javascript:alert(1)`)"),
        ("![a lizard](https://example.org/l.png)", "[a lizard](<https://example.org/l.png>) (example.org)"),
        ("see https://example.org/a_b_c*d (yes)", "see https://example.org/a_b_c*d (yes)"),
        ("(https://example.org/a_(b))", "(https://example.org/a_(b))"),
        (r"\*literal\*", r"\*literal\*"),
        ("It costs $5 and $6.", "It costs $5 and $6."),
        (r"so $x^2$ and \(a_i * b\)", r"so x² and aᵢ \* b"),
    ],
)
def test_within_a_line(markdown: str, discord: str) -> None:
    assert inline(markdown) == discord


@pytest.mark.parametrize(
    "mention",
    ["@everyone", "@here", "@Everyone", "<@1>", "<@!1>", "<@&1>", "<#1>", "<:lizard:1>", "<a:lizard:1>", "</chat:1>", "<id:browse>"],
)  # fmt: skip
@pytest.mark.parametrize(
    "where",
    ["{}", "# {}", "- {}", "> {}", "**{}**", "[{}](https://example.org)", "| a | b |\n|--|--|\n| {} | " + "wide " * 20 + "|", "${}$", "_{}_"],
)  # fmt: skip
def test_nobody_is_mentioned(mention: str, where: str) -> None:
    text = shown(where.format(mention))
    assert mention.lower() not in text.lower() or f"`{mention}`" in text


@given(st.text(alphabet="<@&!#:/adeivryoneh1 `*_~|\\[]()x-\n$", max_size=200))
@settings(max_examples=60, deadline=None)
@example("@\x00everyone")
@example("@\u202eeveryone")
@example("[@every](https://a.b)one")
@example("@__every__one")
def test_nobody_is_mentioned_by_any_trick(text: str) -> None:
    import re

    bare = re.sub(r"```.*?```|(`+).*?\1", "", shown(text), flags=re.DOTALL)
    assert not re.search(r"@everyone|@here|<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>", bare)


def test_a_narrow_table_stands_in_columns() -> None:
    assert shown("| Name | Age |\n|---|--:|\n| **Anne** | 30 |\n| 鍵 | 4 |\nAfter.") == (
        "```\nName  Age\n─────────\nAnne  30\n鍵    4\n```\nAfter."
    )


def test_a_wide_table_is_a_list() -> None:
    wide = "something that is rather long to say " * 2
    assert shown(f"| Name | About | More |\n|---|---|---|\n| Anne | {wide}| x\\|y |") == (
        f"- **Anne** · About: {wide.strip()} · More: x|y"
    )


def test_a_line_with_pipes_is_no_table() -> None:
    assert shown("a | b\nc | d") == "a | b\nc | d"


def test_a_formula_for_itself() -> None:
    assert shown("$$\n\\frac{a+b}{2}\n$$\nthat is") == "(a+b)/2\nthat is"
    assert shown("\\[\\begin{pmatrix}1&2\\end{pmatrix}\\]") == "```tex\n\\begin{pmatrix}1&2\\end{pmatrix}\n```"
    assert shown("$$ never ends\n\nnext") == "$$ never ends\n\nnext"


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"e^{i\pi}+1=0", "e^(iπ)+1=0"),
        (r"\sum_{i=1}^{n} i = \frac{n}{2}", "∑ᵢ₌₁ⁿ i = n/2"),
        (r"\sqrt[3]{x}", "∛(x)"),
        (r"\int_0^1 x\,dx \leq \frac12", "∫₀¹ x dx ≤ 1/2"),
        (r"\mathbb{R}^n", "ℝⁿ"),
        (r"\text{speed} = 3\,\text{m/s}", "speed = 3 m/s"),
        (r"\lim_{x \to 0} \sin x", "lim_(x → 0) sin x"),
        (r"90^\circ", "90°"),
        (r"\begin{cases}a\end{cases}", None),
        (r"\unknown{x}", None),
        ("{" * 50 + "}" * 50, None),
        ("x^" * 300, None),
        ("{x", None),
        ("x}", None),
    ],
)
def test_formulas_as_one_line(tex: str, text: str | None) -> None:
    assert readable(tex) == text


@given(st.text(alphabet="\\{}^_ abfrcst123[]()$&,;", max_size=120))
@settings(max_examples=60, deadline=None)
def test_any_formula_is_read_or_left(tex: str) -> None:
    found = readable(tex)
    assert found is None or "\n" not in found


# how it stands ----------------------------------------------------------------------------------------------------------


def test_what_is_said_of_its_state_fits_below_it() -> None:
    lines = [
        status.waiting(None, None), status.waiting(3, None), status.waiting(1_000, 1.0), status.waiting(2, 4_000.0),
        status.waiting(2, None, offline=True), status.reading(), status.reading((0, 0)), status.reading((5, 10)), status.thinking(),
        status.thinking(12_345), status.searching(), status.writing(), status.writing(99_999), status.stopping(), status.away(),
        status.done("m" * 200, 7), status.done(), status.cut(), status.stopped(), status.withheld(), status.failed(),
        status.failed("**no** @everyone " * 30),
    ]  # fmt: skip
    assert all(one.startswith("-# ") and units(one) <= status.LONGEST and "\n" not in one for one in lines)
    assert "place 3" in lines[1] and "1 second" in lines[2] and "67 minutes" in lines[3] and "50 %" in lines[7]
    assert f"@{APART}everyone" in lines[-1]


# how fast -----------------------------------------------------------------------------------------------------------------


def test_the_pace_is_never_faster_than_the_eye_and_slower_where_discord_is() -> None:
    pace = Pace()
    assert pace.wait(100.0) == 0.0
    pace.went(100.0, 100.1)
    assert pace.wait(100.1) == pytest.approx(pacing.SHORTEST)
    for at in range(10):
        pace.went(200.0 + 10 * at, 204.0 + 10 * at)
    assert pace.interval == pacing.LONGEST
    for at in range(60):
        pace.went(400.0 + 10 * at, 400.1 + 10 * at)
    assert pace.interval == pacing.SHORTEST


def test_refusals_are_waited_out_longer_each_time() -> None:
    pace = Pace()
    waits = []
    for _ in range(8):
        pace.refused(10.0)
        waits.append(pace.wait(10.0))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    pace.refused(10.0, retry_after=300.0)
    assert pace.wait(10.0) == 300.0
    pace.went(320.0, 320.1)
    pace.refused(330.0)
    assert pace.wait(330.0) == 1.0


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, 10008, Remedy.GONE), (404, 10003, Remedy.NOWHERE), (403, 50001, Remedy.NOWHERE), (401, 0, Remedy.NOWHERE), (400, 30046, Remedy.ANEW),
        (400, 50035, Remedy.NEVER), (429, 0, Remedy.AGAIN), (503, 0, Remedy.AGAIN), (500, 0, Remedy.AGAIN), (0, 0, Remedy.AGAIN),
    ],
)  # fmt: skip
def test_what_a_refusal_means(status: int, code: int, expected: Remedy) -> None:
    assert remedy(status, code) is expected
