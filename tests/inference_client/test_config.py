"""The configuration file: what it may say, and how it is told what is wrong with it."""

import re
import stat
import tomllib
from pathlib import Path

import pytest

from inference_client import config, config_template
from inference_client.config import Config, Limits, Model, Upstream, UpstreamTimeouts
from inference_client.lineup import spec_of
from inference_client.problems import Exit, Problem
from inference_client.state import Home

GOOD = """\
[limits]
max_slots = 3
quiet_hours = ["mon-fri 22:00-07:00"]

[[model]]
alias = "small"
file = "small.gguf"
keep_alive = "30m"

[upstream.cluster]
base_url = "http://127.0.0.1:8080/v1"

[[model]]
alias = "org/big:70b"
upstream = "cluster"
name = "big"
thinking = "level"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / config.NAME
    path.write_text(text)
    path.chmod(0o600)
    return path


def refusal(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(Problem) as caught:
        config.load(path)
    assert caught.value.exit_code == Exit.CONFIG
    assert str(path) in caught.value.message
    return caught.value.message.replace(str(path), "FILE")


def test_a_configuration_names_models_upstreams_and_limits(tmp_path: Path) -> None:
    found = config.load(written(tmp_path, GOOD))
    assert found.limits.max_slots == 3
    assert [model.alias for model in found.model] == ["small", "org/big:70b"]
    assert found.model[0].file == tmp_path / "small.gguf"
    spec = found.upstreams()["cluster"]
    assert (spec.root, spec.models[0].name, spec.models[0].thinking) == ("http://127.0.0.1:8080", "big", "level")


def test_an_empty_configuration_is_one(tmp_path: Path) -> None:
    assert config.load(written(tmp_path, "")) == Config()


def test_paths_start_at_the_file_or_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    text = "".join(
        f'[[model]]\nalias = "{name}"\nfile = "{path}"\n'
        for name, path in [("a", "sub/a.gguf"), ("b", "/b.gguf"), ("c", "~/c.gguf")]
    )
    found = config.load(written(tmp_path, text))
    assert [model.file for model in found.model] == [
        tmp_path / "sub/a.gguf",
        Path("/b.gguf"),
        Path("/somewhere/c.gguf"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("max_slots = 3", "max_slot = 3", "FILE, line 2: there is no key limits.max_slot; did you mean max_slots?"),
        ("max_slots = 3", 'max_slots = "3"', "FILE, line 2: limits.max_slots must be a whole number, without quotes"),
        ("max_slots = 3", "max_slots = true", "FILE, line 2: limits.max_slots must be a whole number, without quotes"),
        ("max_slots = 3", "max_slots = 0", "FILE, line 2: limits.max_slots must be greater than or equal to 1"),
        ("max_slots = 3", "pause_on_battery = 1", "limits.pause_on_battery must be true or false"),
        ("max_slots = 3", "memory = 3", 'FILE, line 2: limits.memory must be text in "quotes"'),
        ("max_slots = 3", 'memory = "much"', "FILE, line 2: limits.memory: 'much' is no size; write it like 12 GiB"),
        ('["mon-fri 22:00-07:00"]', '"22:00-07:00"', "FILE, line 3: limits.quiet_hours must be a list in [brackets]"),
        ("mon-fri 22:00", "mo-fr 22:00", "FILE, line 3: limits.quiet_hours: 'mo-fr' are no days"),
        ('"30m"', '"half an hour"', "FILE, line 8: model.keep_alive: 'half an hour' is no duration"),
        ("[limits]", "[limit]", "FILE, line 1: there is no key limit; did you mean limits?"),
        ('thinking = "level"', "thinking = true", "FILE, line 17: model.thinking must be"),
        ('name = "big"', "threads = 2", "threads is the upstream's own business"),
        ('file = "small.gguf"\n', "", "FILE, line 5: say where the model is"),
        ('file = "small.gguf"', 'file = ""', "FILE, line 7: model.file: names no file"),
        ('file = "small.gguf"', 'hf_repo = "a/b"', "hf_repo and hf_file belong together"),
        ('file = "small.gguf"', 'file = "a"\nkind = "speech"', "needs an upstream"),
        ('alias = "small"\n', "", "FILE, line 5: model.alias is missing; add it"),
        ('"org/big:70b"', '"small"', "two models are called small"),
        ("[upstream.cluster]", "[upstream.other]", "names the upstream cluster, which has no section"),
        ("max_slots = 3", "max_slots = ", "FILE is no TOML: Invalid value (at line 2"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_the_remedy(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert words in refusal(tmp_path, GOOD.replace(old, new))


def test_the_line_is_that_of_the_right_model(tmp_path: Path) -> None:
    text = GOOD + '\n[[model]]\nalias = "third"\nfile = "x"\nslots = 0\n'
    assert "line 22: model.slots" in refusal(tmp_path, text)


def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="inference_client init"):
        config.load(tmp_path / "no.toml")
    with pytest.raises(Problem, match="cannot be read"):
        config.load(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b"# \xe9\n")
    with pytest.raises(Problem, match="UTF-8"):
        config.load(path)


# --- keys of upstreams ----------------------------------------------------------------------------------------------

KEYED = '[upstream.x]\nbase_url = "http://h"\n{}\n[[model]]\nalias = "m"\nupstream = "x"\n'


def test_a_key_comes_from_the_environment_a_file_or_a_private_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X_KEY", "from-env")
    (tmp_path / "x.key").write_text("from-file\n")
    (tmp_path / "x.key").chmod(0o600)
    for line, key in [
        ('api_key_env = "X_KEY"', "from-env"),
        ('api_key_file = "x.key"', "from-file"),
        ('api_key = "inline"', "inline"),
    ]:
        found = config.load(written(tmp_path, KEYED.format(line)))
        assert [spec.api_key for spec in found.upstreams().values()] == [key]
        assert key not in repr(found)


def test_a_configuration_with_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, KEYED.format('api_key = "inline"'))
    for mode in (0o644, 0o640, 0o602):
        path.chmod(mode)
        with pytest.raises(Problem, match="chmod 600") as caught:
            config.load(path)
        assert "inline" not in caught.value.message
    path.write_text(KEYED.format('api_key_env = "X"'))
    config.load(path)


def test_a_file_with_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "x.key"
    key.write_text("secret\n")
    found = config.load(written(tmp_path, KEYED.format('api_key_file = "x.key"')))
    for mode in (0o644, 0o640):
        key.chmod(mode)
        with pytest.raises(Problem, match="chmod 600") as caught:
            found.upstreams()
        assert str(key) in caught.value.message
    key.chmod(0o400)
    assert found.upstreams()["x"].api_key == "secret"
    key.unlink()
    with pytest.raises(Problem, match="cannot be read"):
        found.upstreams()


def test_a_key_that_is_not_there_or_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_KEY", raising=False)
    with pytest.raises(Problem, match="X_KEY"):
        config.load(written(tmp_path, KEYED.format('api_key_env = "X_KEY"'))).upstreams()
    assert "once" in refusal(tmp_path, KEYED.format('api_key_env = "X"\napi_key_file = "y"'))


def test_a_wrong_value_beside_a_key_does_not_print_the_key(tmp_path: Path) -> None:
    assert "s3cret" not in refusal(tmp_path, KEYED.format('api_key = "s3cret"\nflavour = "x"'))
    assert "s3cret" not in refusal(tmp_path, KEYED.format('api_key = "s3cret"\napi_key_env = "x"'))


# --- init -----------------------------------------------------------------------------------------------------------


def test_what_init_writes_is_valid_and_names_every_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / config.NAME
    assert config_template.write(path) is None
    assert config.load(path) == Config()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    keys = {
        key for schema in (config.Client, Limits, Model, Upstream, UpstreamTimeouts) for key in schema.model_fields
    } - {"timeouts"}
    named = set(re.findall(r"^# (\w+) = ", text, re.MULTILINE))
    assert named == keys
    assert set(Config.model_fields) == {"client", "limits", "model", "upstream"}


def test_every_line_of_the_template_is_valid_when_it_is_set() -> None:
    live = re.sub(r"^# (?=\[|\w+ = )", "", config_template.TEMPLATE, flags=re.MULTILINE)
    raw = tomllib.loads(live)
    for second in ("api_key_file", "api_key_env"):
        del raw["upstream"]["cluster"][second]
    found = Config.model_validate(raw)
    assert [model.alias for model in found.model] == ["small", "downloaded", "vectors", "big"]
    shown = found.model[0]
    defaults = Model(alias="x", file=Path("x"))
    for key in ("kind", "slots", "keep_alive", "preload", "gpu_layers", "threads", "cache", "cache_disk"):
        assert getattr(shown, key) == getattr(defaults, key)
    assert found.upstream["cluster"].timeouts == UpstreamTimeouts()


def test_init_overwrites_nothing_and_keeps_a_copy_when_forced(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(Problem, match="--force"):
        config_template.write(path)
    assert path.read_text() == GOOD
    backup = config_template.write(path, force=True)
    assert backup is not None
    assert backup.read_text() == GOOD
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    path.write_text("# second")
    second = config_template.write(path, force=True)
    assert second not in (None, backup)
    assert backup.read_text() == GOOD


def test_init_says_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match="cannot be written"):
        config_template.write(tmp_path / "file" / config.NAME)


def test_an_embedding_model_of_which_nothing_is_said_is_the_usual_one_and_reads_as_much_as_it_was_made_for(
    tmp_path: Path,
) -> None:
    own = '[[model]]\nalias = "own"\nkind = "embedding"\nfile = "own.gguf"\ncontext_length = 512\n'
    found = config.load(written(tmp_path, '[[model]]\nalias = "vectors"\nkind = "embedding"\n' + own))
    usual, other = found.model
    assert (usual.hf_repo, usual.hf_file) == config.EMBEDDING
    assert (other.hf_repo, other.file) == ("", tmp_path / "own.gguf")
    specs = [spec_of(model, Home(tmp_path)) for model in found.model]
    assert [(spec.kind, spec.context) for spec in specs] == [("embedding", 0), ("embedding", 512)]


def test_a_chat_model_of_which_nothing_is_said_is_refused(tmp_path: Path) -> None:
    assert "say where the model is" in refusal(tmp_path, '[[model]]\nalias = "nothing"\n')
