"""Two lists into one."""

from meatlizard.vectors import hybrid


def test_what_stands_in_both_lists_goes_ahead() -> None:
    assert hybrid.merge(["a", "b", "c"], ["d", "b"], 10) == ["b", "a", "d", "c"]
    assert hybrid.merge([1, 2, 3], [3, 2, 1], 2) == [1, 3]


def test_one_list_alone_stays_as_it_is() -> None:
    assert hybrid.merge([], ["x", "y", "z"], 2) == ["x", "y"]
    assert hybrid.merge(["x", "y", "z"], [], 9) == ["x", "y", "z"]
    assert hybrid.merge([], [], 9) == []


def test_what_is_named_twice_counts_once() -> None:
    assert hybrid.merge(["a", "b", "b", "b"], ["a", "c"], 9) == ["a", "b", "c"]
