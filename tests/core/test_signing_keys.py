"""The installation's key file."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plenaria.core.kernel.settings import Misconfigured
from plenaria.core.storage import signing_keys
from plenaria.core.storage.signing_keys import load, load_or_create


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "var" / "signing-key.pem"

    key = load_or_create(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path).private_bytes_raw() == key.private_bytes_raw()
    assert [entry.name for entry in path.parent.iterdir()] == ["signing-key.pem"]


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    one, other = (load_or_create(tmp_path / name).private_bytes_raw() for name in ("one", "other"))

    assert one != other


def test_starting_at_once_ends_with_one_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(load_or_create, [path] * 16))

    assert len({key.private_bytes_raw() for key in keys}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    load_or_create(path)
    path.chmod(mode)

    with pytest.raises(Misconfigured, match="chmod 600"):
        load_or_create(path)


def test_a_file_that_holds_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("secret of another kind")
    path.chmod(0o600)

    with pytest.raises(Misconfigured) as refused:
        load_or_create(path)

    assert "secret" not in str(refused.value)
    assert path.read_text() == "secret of another kind"


def test_a_folder_in_the_place_of_the_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_or_create(tmp_path)


def test_a_place_where_nothing_can_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match="cannot be"):
        load_or_create(tmp_path / "file" / "key.pem")


def test_loading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "key.pem")

    assert list(tmp_path.iterdir()) == []


def test_what_a_restore_sets_aside_takes_no_place_of_an_earlier_one(tmp_path: Path) -> None:
    signing_keys.use(tmp_path / "key.pem")
    for text in ("first", "second"):
        signing_keys.write_beside("head.json", text)
        signing_keys.set_aside_beside("head.json")

    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "head.json.before-restore": "first",
        "head.json.before-restore-2": "second",
    }
