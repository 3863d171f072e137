"""Hashes of model files: computed once, by however many at the same time."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inference_client.engines.llama_cpp import hashes


def test_many_at_once_keep_all_they_have_found(tmp_path: Path) -> None:
    files = []
    for number in range(16):
        files.append(tmp_path / f"{number}.gguf")
        files[-1].write_bytes(bytes([number]) * 100_000)
    cache = tmp_path / "cache"
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda file: hashes.sha256([file], cache), files * 2))
    assert found == [hashlib.sha256(file.read_bytes()).hexdigest() for file in files] * 2
    assert sorted(json.loads((cache / "hashes.json").read_text()).values()) == sorted(set(found))


def test_what_is_known_is_not_read_again_and_a_changed_file_is(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"a")
    before = hashes.sha256([file], tmp_path)
    kept = json.loads((tmp_path / "hashes.json").read_text())
    (tmp_path / "hashes.json").write_text(json.dumps(dict.fromkeys(kept, "of the cache")))
    assert hashes.sha256([file], tmp_path) == "of the cache"
    file.write_bytes(b"ab")
    assert hashes.sha256([file], tmp_path) not in ("of the cache", before)


def test_a_disk_that_takes_no_note_costs_no_hash(tmp_path: Path) -> None:
    model, file = tmp_path / "model.gguf", tmp_path / "file"
    model.write_bytes(b"weights")
    file.write_bytes(b"")
    assert hashes.sha256([model], file / "cache") == hashlib.sha256(b"weights").hexdigest()
