"""What `plenaria check` warns of, and that it says what to do."""

from pathlib import Path
from typing import Any

import pytest

from plenaria.core.cli.cautions import cautions
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.settings import Mail, Settings

SERVED: dict[str, Any] = {
    "address": "https://congress.example.org",
    "trusted_proxies": ("127.0.0.1",),
    "database": "postgresql://plenaria:0f3c9a@db/plenaria",
    "mail": Mail(host="smtp.example.org", password="9b1d77"),
}


def _cautions(config: Path | None = None, **changed: Any) -> list[str]:
    with using("en"):
        return cautions(Settings(**{**SERVED, **changed}), config)


def test_a_server_that_is_set_up_right_gets_no_warning() -> None:
    assert _cautions() == []


@pytest.mark.parametrize(
    ("changed", "what", "to_do"),
    [
        ({"address": "http://congress.example.org"}, "without https", "set address"),
        ({"trusted_proxies": ()}, "trusted_proxies is empty", "name the proxy's own address"),
        ({"development": True}, "development mode is on", "set development = false"),
        ({"mail": Mail()}, "no mail host", "set [mail] host"),
        ({"mail": Mail(host="smtp.example.org", security="none")}, "unencrypted", "starttls or tls"),
        ({"database": "postgresql://plenaria:PASSWORD@db/plenaria"}, "database has a password", "openssl rand"),
        ({"mail": Mail(host="smtp.example.org", password="changeme")}, "mail.password has a password", "openssl rand"),
    ],
)
def test_each_warning_is_one_line_that_says_what_to_do(changed: dict[str, Any], what: str, to_do: str) -> None:
    (warning,) = _cautions(**changed)

    assert what in warning
    assert to_do in warning
    assert "\n" not in warning


def test_mail_to_the_same_machine_needs_no_encryption() -> None:
    assert _cautions(mail=Mail(host="localhost", security="none")) == []


def test_without_a_proxy_and_without_https_there_is_one_thing_to_say_about_the_address() -> None:
    assert len(_cautions(address="http://127.0.0.1:8000", trusted_proxies=())) == 1


@pytest.mark.parametrize(
    ("mode", "text", "is_warned"), [(0o644, "9b1d77", True), (0o640, "9b1d77", False), (0o644, "", False)]
)
def test_a_file_with_a_password_is_nobody_elses(tmp_path: Path, mode: int, text: str, is_warned: bool) -> None:
    config = tmp_path / "plenaria.toml"
    config.write_text(f"# {text}")
    config.chmod(mode)

    warnings = _cautions(config)

    assert [f"chmod 640 {config}" in warning for warning in warnings] == [True] * is_warned
