"""Uploads: what is taken, what is refused, and how a file leaves again."""

import io
import struct
import zipfile
from pathlib import PurePath

import pytest

from plenaria.core.kernel.values import Refused
from plenaria.core.storage import files
from plenaria.core.storage.database import Database, transaction
from plenaria.core.storage.files import Upload, office, plain_name, refusals
from plenaria.core.web.downloads import download
from tests.site import NOW

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40


TYPES = "[Content_Types].xml"
KINDS = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">%s</Types>'
RELATIONS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _archive(*names: str, content: bytes = b"x", **parts: bytes) -> bytes:
    """`parts`: by their names with `__` for `/`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, KINDS % b"" if name == TYPES else content)
        for name, own in parts.items():
            archive.writestr(name.replace("__", "/"), own)
    return buffer.getvalue()


def _related(kind: str, target: str) -> bytes:
    """A Word file with a relationship to something outside."""
    line = f'<Relationship Id="r" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'
    return _archive(TYPES, "word/document.xml", **{"word___rels/document.xml.rels": RELATIONS % line.encode()})


DOCX = _archive("[Content_Types].xml", "word/document.xml")


def _codes(name: str, content: bytes, **more: object) -> list[str]:
    return [refusal.code for refusal in refusals(Upload(name, content), **{"limit_mb": 25, **more})]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("A.PDF", PDF),
        ("a.png", PNG),
        ("a.jpg", JPEG),
        ("a.jpeg", JPEG),
        ("a.docx", DOCX),
        ("a.xlsx", _archive("[Content_Types].xml", "xl/workbook.xml")),
        ("a.pptx", _archive("[Content_Types].xml", "ppt/presentation.xml")),
    ],
)
def test_a_file_that_is_what_it_says_is_taken(name: str, content: bytes) -> None:
    assert _codes(name, content) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"MZ\x90\x00"),
        ("a.pdf", b"<script>%PDF-1.7"),
        ("a.png", b"GIF89a"),
        ("a.jpg", PNG),
        ("a.docx", PDF),
        ("a.docx", b"PK\x03\x04 not an archive"),
        ("a.docx", _archive("word/document.xml")),
        ("a.docx", _archive("[Content_Types].xml", "xl/workbook.xml")),
        ("a.docx", _archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("a.docx", b"<html>" + DOCX),
        ("a.docx", b"MZ\x90\x00" + DOCX),
        ("a.pdf", PDF + DOCX),
        ("a.png", PNG + DOCX),
        ("a.docx", DOCX[:-10]),
    ],
)
def test_a_file_that_is_something_else_or_two_things_at_once_is_refused(name: str, content: bytes) -> None:
    assert _codes(name, content) == ["file_not_what_it_says"]


def test_a_document_that_unpacks_to_gigabytes_is_refused_unopened() -> None:
    bomb = bytearray(_archive("[Content_Types].xml", "word/document.xml"))
    entry = bomb.rindex(b"PK\x01\x02")
    struct.pack_into("<I", bomb, entry + 24, 2_000_000_000)

    assert _codes("a.docx", bytes(bomb)) == ["file_not_what_it_says"]


def test_a_document_is_as_large_as_it_unpacks_to_whatever_its_directory_says() -> None:
    lying = bytearray(_archive(TYPES, "word/document.xml", content=b"x" * 5_000_000))
    entry = lying.rindex(b"PK\x01\x02")
    struct.pack_into("<I", lying, entry + 24, 10)

    assert _codes("a.docx", bytes(lying)) == ["file_not_what_it_says"]


def test_a_document_that_really_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MOST_UNPACKED_MB", 1)

    assert _codes("a.docx", _archive(TYPES, "word/document.xml", content=b"x" * 900_000)) == []
    assert _codes("a.docx", _archive(TYPES, "word/document.xml", content=b"x" * 1_100_000)) == ["file_not_what_it_says"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("attachedTemplate", "https://evil.example/t.dotm"),
        ("image", "https://evil.example/p.png"),
        ("oleObject", "file://evil/x"),
        ("frame", "https://evil.example/"),
        ("hyperlink", "file:////evil/share"),
        ("hyperlink", "ms-msdt:/id"),
    ],
)
def test_a_document_that_loads_from_elsewhere_is_refused(kind: str, target: str) -> None:
    (refusal,) = refusals(Upload("a.docx", _related(kind, target)), limit_mb=25)

    assert refusal.code == "file_loads_from_elsewhere"
    assert refusal.facts["target"] == target


@pytest.mark.parametrize("target", ["https://congreso.example/", "mailto:a@b.mx"])
def test_a_document_may_have_links_to_click_on(target: str) -> None:
    assert _codes("a.docx", _related("hyperlink", target)) == []


def test_macros_are_found_by_their_kind_whatever_they_are_called() -> None:
    kinds = KINDS % b'<Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    hidden = _archive("word/document.xml", "word/x.bin", **{TYPES: kinds})

    assert _codes("a.docx", hidden) == ["file_not_what_it_says"]


@pytest.mark.parametrize(
    ("before", "codes"),
    [
        (b"\r\n" * 8, []),
        (b"\0" * (1_024 - 5), []),
        (b"\0" * (1_024 - 4), ["file_not_what_it_says"]),
        (b"MZ\x90", ["file_not_what_it_says"]),
        (b"<html>", ["file_not_what_it_says"]),
    ],
)
def test_a_pdf_begins_within_its_first_1024_bytes(before: bytes, codes: list[str]) -> None:
    assert _codes("a.pdf", before + PDF) == codes


def test_a_document_of_too_many_parts_is_refused() -> None:
    names = ["[Content_Types].xml", "word/document.xml", *(f"word/{number}" for number in range(files.MOST_PARTS))]

    assert _codes("a.docx", _archive(*names, content=b"")) == ["file_not_what_it_says"]


def test_a_broken_directory_of_an_archive_is_refused_whatever_is_broken_in_it() -> None:
    for place in range(len(DOCX)):
        broken = bytearray(DOCX)
        broken[place] ^= 0xFF

        assert _codes("a.docx", bytes(broken)) in ([], ["file_not_what_it_says"])


def test_empty_too_large_and_unknown_kinds_are_told_apart() -> None:
    assert _codes("a.pdf", b"") == ["file_empty"]
    assert _codes("a.pdf", PDF + b"\0" * 1_000_000, limit_mb=1) == ["file_too_large"]
    assert _codes("a.pdf", PDF + b"\0" * (1_000_000 - len(PDF)), limit_mb=1) == []
    assert _codes("a.exe", b"MZ") == ["file_not_accepted"]
    assert _codes("pdf", PDF) == ["file_not_accepted"]
    assert _codes("a.pdf.exe", PDF) == ["file_not_accepted"]
    assert _codes("a.docx", DOCX, accepted=(".pdf",)) == ["file_not_accepted"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\ana\\informe.pdf", "informe.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "abSet-Cookie: x.pdf"),
        ("informe\u202efdp.pdf", "informefdp.pdf"),
        ("año “nuevo”.pdf", "año “nuevo”.pdf"),
        ("x" * 500 + ".pdf", "x" * 196 + ".pdf"),
        ("..", ".."),
        ("a\ud800.pdf", "a.pdf"),
    ],
)
def test_a_name_is_kept_without_folders_and_tricks(sent: str, kept: str) -> None:
    assert plain_name(sent) == kept


async def test_a_file_comes_back_as_a_download_byte_for_byte(database: Database) -> None:
    async with transaction():
        stored = await files.store(Upload("../x/año\x00\n.PDF", PDF), event=None, owner=None, limit_mb=25, now=NOW)

    answer = await download(stored)

    assert (stored.name, stored.media_type, stored.size) == ("año.PDF", "application/pdf", len(PDF))
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%C3%B1o.PDF"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert PurePath(stored.name).name == stored.name


async def test_a_refused_file_is_not_stored(database: Database) -> None:
    async with transaction():
        with pytest.raises(Refused):
            await files.store(Upload("a.pdf", b"MZ"), event=None, owner=None, limit_mb=25, now=NOW)

    assert await files.content(1) is None


async def test_views_are_one_query_and_without_content(database: Database) -> None:
    async with transaction():
        first = await files.store(Upload("a.pdf", PDF), event=None, owner=None, limit_mb=25, now=NOW)
        second = await files.store(Upload("b.png", PNG), event=None, owner=None, limit_mb=25, now=NOW)

    assert [view.name for view in await files.views([second.id, first.id])] == ["a.pdf", "b.png"]
    assert await files.views([]) == []

    await files.remove(first.id)
    assert [view.name for view in await files.views([second.id, first.id])] == ["b.png"]
