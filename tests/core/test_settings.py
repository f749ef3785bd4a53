"""An installation's settings: file, environment, and one clear line when they cannot be used."""

from pathlib import Path

import pytest

from plenaria.core.kernel.settings import Misconfigured, Settings, load


def _file(folder: Path, text: str) -> Path:
    path = folder / "plenaria.toml"
    path.write_text(text)
    return path


def test_nothing_set_is_the_defaults() -> None:
    assert load(environment={}) == Settings()


def test_the_environment_overrides_the_file_and_a_caller_both(tmp_path: Path) -> None:
    path = _file(tmp_path, 'title = "File"\nupload_limit_mb = 10\n[mail]\nhost = "a"\nport = 25\n')
    environment = {"PLENARIA_TITLE": "Environment", "PLENARIA_MAIL__HOST": "b", "OTHER": "x"}

    settings = load(path, environment, upload_limit_mb=3)

    assert (settings.title, settings.upload_limit_mb) == ("Environment", 3)
    assert (settings.mail.host, settings.mail.port) == ("b", 25)


def test_texts_of_the_environment_become_what_they_mean() -> None:
    environment = {
        "PLENARIA_DEVELOPMENT": "true",
        "PLENARIA_SESSION_DAYS": "7",
        "PLENARIA_TRUSTED_PROXIES": "127.0.0.1, ::1,",
        "PLENARIA_DISABLED_PLUGINS": "",
    }

    settings = load(environment=environment)

    assert (settings.development, settings.session_days) == (True, 7)
    assert (settings.trusted_proxies, settings.disabled_plugins) == (("127.0.0.1", "::1"), ())


@pytest.mark.parametrize(
    "address", ["https://congreso.example", "https://congreso.example/", " https://congreso.example "]
)
def test_an_address_ends_without_a_slash(address: str) -> None:
    settings = load(environment={"PLENARIA_ADDRESS": address})

    assert settings.address == "https://congreso.example"
    assert settings.secure


@pytest.mark.parametrize(
    "environment",
    [
        {"PLENARIA_ADDRESS": "congreso.example"},
        {"PLENARIA_ADDRESS": "ftp://congreso.example"},
        {"PLENARIA_ADDRESS": "https://congreso.example/plenaria"},
        {"PLENARIA_ADDRESS": "https://a\r\nX: y"},
        {"PLENARIA_SESSION_DAYS": "0"},
        {"PLENARIA_SESSION_DAYS": "many"},
        {"PLENARIA_MAIL__PORT": "70000"},
        {"PLENARIA_MAIL__SECURITY": "ssl"},
        {"PLENARIA_MAIL__NOTHING": "x"},
        {"PLENARIA_TITLE__HOST": "x"},
    ],
)
def test_a_wrong_value_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        load(environment=environment)


@pytest.mark.parametrize(
    "text", ["title = ", 'titel = "x"', "title = 3", 'mail = "x"', "upload_limit_mb = 9999", "\x00"]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    path = _file(tmp_path, text)

    with pytest.raises(Misconfigured, match=r"plenaria\.toml"):
        load(path, {})


def test_a_setting_inside_one_that_has_no_inside_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="PLENARIA_MAIL__HOST"):
        load(_file(tmp_path, 'mail = "x"'), {"PLENARIA_MAIL__HOST": "b"})


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no such file"):
        load(tmp_path / "none.toml", {})


def test_a_password_is_not_in_the_message() -> None:
    with pytest.raises(Misconfigured) as error:
        load(environment={"PLENARIA_MAIL__PASSWORD": "hunter2", "PLENARIA_MAIL__PORT": "hunter2"})

    assert "hunter2" not in str(error.value)


PROVIDER = '[identity_providers.entra]\nname = "Entra"\nissuer = "{issuer}"\nclient_id = "a"\n'


def test_a_provider_s_secret_comes_from_the_environment_or_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    written = PROVIDER.format(issuer="https://login.example/tenant/v2.0")
    in_file = _file(tmp_path, f'{written}client_secret_file = "{tmp_path / "secret"}"\n')

    by_file = load(in_file, {}).identity_providers["entra"]
    environment = {
        "PLENARIA_IDENTITY_PROVIDERS__ENTRA__CLIENT_SECRET": "hunter2",
        "PLENARIA_IDENTITY_PROVIDERS__ENTRA__TRUSTED_DOMAINS": "example.mx, example.org",
    }
    by_environment = load(_file(tmp_path, written), environment).identity_providers["entra"]

    assert by_file.client_secret == by_environment.client_secret == "hunter2"
    assert by_environment.trusted_domains == ("example.mx", "example.org")
    assert "hunter2" not in repr(load(in_file, {}))


@pytest.mark.parametrize(
    "text",
    [
        PROVIDER.format(issuer="http://login.example"),
        PROVIDER.format(issuer="https://user@login.example"),
        PROVIDER.format(issuer="https://login.example?a=b"),
        PROVIDER.format(issuer="https://login.example") + 'scopes = ["email"]\n',
        PROVIDER.format(issuer="https://login.example") + 'client_secret_file = "/nowhere/secret"\n',
        PROVIDER.format(issuer="https://login.example") + "tenant = 1\n",
        PROVIDER.format(issuer="https://login.example").replace("entra", "En-tra"),
        "identity_providers = 3\n",
    ],
)
def test_a_provider_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(Misconfigured):
        load(_file(tmp_path, text), {})


@pytest.mark.parametrize("name", ["PLENARIA_DATABSE", "PLENARIA_MIAL__HOST", "PLENARIA_"])
def test_a_misspelt_variable_stops_the_start_and_is_named_without_its_value(name: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        load(environment={name: "hunter2"})

    assert name in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("name", ["PLENARIA_CONFIG", "PLENARIA_SERVE_WITH_WORKER", "PLENARIA_REQUIRE_ALL"])
def test_a_variable_that_is_meant_for_something_else_is_no_setting(name: str) -> None:
    assert load(environment={name: "1"}) == Settings()


def test_a_language_that_no_column_holds_is_refused_in_one_line() -> None:
    with pytest.raises(Misconfigured) as refused:
        load(environment={"PLENARIA_LANGUAGES": "es,zh-Hant-TW"})

    assert str(refused.value) == "settings: Expected `str` of length <= 8 - at `$.languages[1]`"
