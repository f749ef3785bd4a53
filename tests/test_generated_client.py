"""A client that a program wrote from our document is built as a wheel and does what examples/python-client says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import SLUG, Served

EXAMPLE = Path(__file__).parents[1] / "examples" / "python-client"
GUESTS = """given_names,first_surname,email,employer
Aurora,Peña,aurora@guests.example,Frenos de Ejemplo
Íñigo,Núñez,inigo@guests.example,Frenos de Ejemplo
"""


@pytest.fixture(scope="module")
def client_folder(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the generated client lies after its wheel was built and installed."""
    folder = tmp_path_factory.mktemp("client")
    config = ("--config", str(EXAMPLE / "generator.yml"), "--meta", "setup", "--fail-on-warning")
    document = f"{served.address}/api/openapi.json"
    _run("openapi_python_client", "generate", "--url", document, *config, "--output-path", str(folder / "source"))
    building = ("--no-deps", "--no-build-isolation", "--quiet", "--target", str(folder / "installed"))
    _run("pip", "install", *building, str(folder / "source"))
    return folder / "installed"


def _run(module: str, *arguments: str) -> None:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    made = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PATH": tools, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def _guest_list(served: Served, client_folder: Path, guests: Path, ticket_type: str) -> str:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE / "guest_list.py"), served.address, SLUG, ticket_type, "muestra-2025-06", guests],
        env={**os.environ, "PYTHONPATH": str(client_folder), "PLENARIA_TOKEN": served.token},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


def test_the_guest_list_gets_its_orders_once(served: Served, client_folder: Path, tmp_path: Path) -> None:
    guests = tmp_path / "guests.csv"
    guests.write_text(GUESTS, encoding="utf-8")

    first = _guest_list(served, client_folder, guests, "sponsor")
    again = _guest_list(served, client_folder, guests, "sponsor")

    codes = [line.split()[1] for line in first.splitlines()[:2]]
    assert all(len(code) == 8 for code in codes), first
    assert len(set(codes)) == 2
    assert again == first


def test_a_problem_comes_back_as_one(served: Served, client_folder: Path, tmp_path: Path) -> None:
    guests = tmp_path / "guests.csv"
    guests.write_text("given_names,first_surname,email,employer\nAurora,Peña,nobody,\n", encoding="utf-8")

    refused = _guest_list(served, client_folder, guests, "sponsor")

    assert refused.startswith("nobody refused: ")
    assert _guest_list(served, client_folder, guests, "none") == f"{SLUG} has no ticket type none.\n"
