"""Keys as text and as files only their owner can read."""

import os
from pathlib import Path

import pytest

from inference_client.protocol import keys
from inference_client.protocol.keys import KeyFileError


def test_a_saved_key_is_loaded_again_and_is_its_owners_alone(tmp_path: Path) -> None:
    private = keys.generate()
    path = tmp_path / "new folder" / "client.key"
    keys.save_private(path, private)
    assert keys.public_bytes(keys.load_private(path)) == keys.public_bytes(private)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.read_text() == keys.private_to_text(private) + "\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["client.key"]


def test_a_loose_umask_does_not_open_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.save_private(tmp_path / "client.key", keys.generate())
    finally:
        os.umask(before)
    assert (tmp_path / "client.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620])
def test_a_key_others_can_reach_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "client.key"
    keys.save_private(path, keys.generate())
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        keys.load_private(path)
    path.chmod(0o600)
    assert keys.load_private(path)


def test_an_existing_key_is_not_lost_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "client.key"
    keys.save_private(path, keys.generate())
    before = path.read_text()
    with pytest.raises(KeyFileError, match="exists already"):
        keys.save_private(path, keys.generate())
    assert path.read_text() == before
    keys.save_private(path, keys.generate(), replace=True)
    assert path.read_text() != before


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="pair this machine first"):
        keys.load_private(tmp_path / "client.key")


@pytest.mark.parametrize("content", ["", "not a key\n", "A" * 43 + "=" * 2, "AAAA\n", "A" * 44, "é" * 44, "A" * 500])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "client.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="holds no key"):
        keys.load_private(path)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        keys.load_private(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="cannot be written"):
        keys.save_private(tmp_path / "file" / "client.key", keys.generate())


def test_keys_survive_the_way_through_text() -> None:
    private = keys.generate()
    public = keys.public_bytes(private)
    assert keys.public_bytes(keys.private_from_text(f"  {keys.private_to_text(private)}\n")) == public
    assert keys.public_from_text(keys.public_to_text(public)) == public
    assert len(keys.public_to_text(public)) == 44


@pytest.mark.parametrize("text", ["", "x", "A" * 44, "AAAA", "B" * 43, "!" * 44, "A" * 42 + "B="])
def test_text_that_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    for read in (keys.private_from_text, keys.public_from_text):
        with pytest.raises(KeyFileError) as refused:
            read(text)
        assert not text or text not in str(refused.value).replace("must be base64 of 32 bytes", "") or len(text) < 5


def test_a_public_key_of_the_wrong_size_has_no_text() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        keys.public_to_text(bytes(31))


def test_fingerprints_and_server_ids_follow_the_key() -> None:
    one, two = (keys.public_bytes(keys.generate()) for _ in range(2))
    assert keys.fingerprint(one) == keys.fingerprint(one) != keys.fingerprint(two)
    assert keys.fingerprint(bytes(32)) == "DVMD-HT66-G35J-DBSX"
    assert len(keys.server_id(one)) == 16
    assert keys.server_id(one) != keys.server_id(two)
