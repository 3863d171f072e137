"""Memory and disk, from what the kernel writes."""

from pathlib import Path

import pytest

from meatlizard.health import machine

MEMINFO = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\nHugePages_Total:       0\n"


def files(folder: Path, most: str, used: int, inactive: int) -> Path:
    (folder / "memory.max").write_text(most)
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive}\n")
    return folder


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    path = tmp_path / "meminfo"
    path.write_text(MEMINFO)
    return path


def test_what_can_still_be_had_counts_not_what_is_free(meminfo: Path, tmp_path: Path) -> None:
    assert machine.memory_used(meminfo, tmp_path / "none") == pytest.approx(75)


def test_the_narrower_limit_of_a_container_counts_without_files_it_can_give_up(meminfo: Path, tmp_path: Path) -> None:
    assert machine.memory_used(meminfo, files(tmp_path, "100\n", 95, 5)) == pytest.approx(90)


def test_a_container_without_a_limit_has_the_machines(meminfo: Path, tmp_path: Path) -> None:
    assert machine.memory_used(meminfo, files(tmp_path, "max\n", 95, 5)) == pytest.approx(75)


@pytest.mark.parametrize("text", ["", "nonsense", "MemTotal: many kB\n", "MemTotal: 0 kB\nMemAvailable: 0 kB\n"])
def test_where_nothing_is_told_nothing_is_claimed(text: str, tmp_path: Path) -> None:
    path = tmp_path / "meminfo"
    path.write_text(text)
    assert machine.memory_used(path, tmp_path / "none") is None
    assert machine.memory_used(tmp_path / "absent", tmp_path / "none") is None


def test_a_disk_is_between_empty_and_full(tmp_path: Path) -> None:
    assert 0 < machine.disk_used(tmp_path) < 100
