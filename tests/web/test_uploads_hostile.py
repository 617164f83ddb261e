"""What somebody hostile, or a broken program, sends as a table: one clear message, nothing kept, no blow-up."""

from __future__ import annotations

import datetime
import io
import threading
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from uploaded import as_csv, as_parquet, as_workbook, send, table
from visits import ON_SQLITE

from her2mri.errors import TableError
from her2mri.web.database.uploads_tables import Upload
from her2mri.web.uploads import apart
from her2mri.web.uploads.apart import read_apart, read_cells_apart
from her2mri.web.uploads.packed import LARGEST_FILE, MOST_ROWS
from her2mri.web.uploads.reading import MOST_FAULTS

GOOD = table({}, {})


def with_sheet(sheet: bytes) -> bytes:
    """A workbook whose first sheet is these bytes."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_workbook(GOOD))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            new.writestr(part.filename, sheet if is_sheet else old.read(part))
    return buffer.getvalue()


def lying(content: bytes) -> bytes:
    """The same archive, whose every part says that it is one byte when unpacked."""
    found = bytearray(content)
    place = found.find(b"PK\x01\x02")
    while place >= 0:
        found[place + 24 : place + 28] = (1).to_bytes(4, "little")
        place = found.find(b"PK\x01\x02", place + 4)
    return bytes(found)


def formula() -> bytes:
    rows = table({"eer": "=1/2"})
    return as_workbook(rows)


def many_rows_parquet() -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    buffer = io.BytesIO()
    names = pa.array(["L-1"] * (3 * 10**6)).dictionary_encode()
    parquet.write_table(pa.table({"lesion_id": names}), buffer, compression="zstd")
    return buffer.getvalue()


def large_cell_parquet() -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    buffer = io.BytesIO()
    cells = pa.array(["x" * (80 * 1024**2)])
    parquet.write_table(pa.table({"lesion_id": cells}), buffer, compression="zstd", use_dictionary=False)
    return buffer.getvalue()


BOMB = b"<worksheet>" + b"\0" * (70 * 1024**2)
HOSTILE = {
    "a zip bomb": (lambda: with_sheet(BOMB), "t.xlsx", "unpacks to far more"),
    "a zip bomb of one part in 1,000": (lambda: with_sheet(b" " * 20 * 1024**2), "t.xlsx", "unpacks to far more"),
    "a zip bomb that lies": (lambda: lying(with_sheet(BOMB)), "t.xlsx", "is damaged"),
    "a parquet bomb in rows": (many_rows_parquet, "t.parquet", "is too large"),
    "a parquet bomb in a cell": (large_cell_parquet, "t.parquet", "unpacks to far more"),
    "too many rows": (lambda: as_csv(table(*[{}] * (MOST_ROWS + 1))), "t.csv", "is too large"),
    "too many columns": (lambda: b"," * 300_000 + b"x\n" + b"1," * 5, "t.csv", "columns"),
    "too many bytes": (lambda: b"x" * (LARGEST_FILE + 1), "t.csv", "is too large"),
    "a formula without a result": (formula, "t.xlsx", "a formula without a stored result"),
    "a workbook called text": (lambda: as_workbook(GOOD), "t.csv", "is a workbook, not text"),
    "text called a workbook": (lambda: as_csv(GOOD), "t.xlsx", "is damaged"),
    "text called parquet": (lambda: as_csv(GOOD), "t.parquet", "is damaged"),
    "another kind of file": (lambda: b"%PDF-1.7", "t.pdf", "is not a kind of table"),
    "no kind of file": (lambda: as_csv(GOOD), "csv", "is not a kind of table"),
    "half a workbook": (lambda: as_workbook(GOOD)[:3000], "t.xlsx", "is damaged"),
    "half a parquet file": (lambda: as_parquet(GOOD)[:-20], "t.parquet", "is damaged"),
    "half a line": (lambda: as_csv(GOOD)[:-4] + b'"', "t.csv", "the text is damaged near line"),
    "no sheet": (lambda: with_sheet(b"<worksheet/>"), "t.xlsx", "is empty"),
    "an entity bomb": (
        lambda: with_sheet(b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'),
        "t.xlsx",
        "is empty",
    ),
    "nothing": (lambda: b"", "t.csv", "is empty"),
    "a header alone": (lambda: as_csv(GOOD).split(b"\r\n")[0], "t.csv", "has a header but no rows"),
    "another encoding": (lambda: "größe\nä".encode("latin-1"), "t.csv", "is not UTF-8 text"),
    "nulls": (lambda: b"a\0b\n", "t.csv", "is not text"),
    "two columns of one name": (lambda: as_csv([{**GOOD[0], "Lesion-ID": "L-2"}]), "t.csv", "there twice"),
    "no column that is needed": (lambda: b"x,y\n1,2\n", "t.csv", "a required column is missing"),
    "faults without end": (
        lambda: as_csv(table(*[dict.fromkeys(("shape", "eer", "adc"), "?")] * (MOST_ROWS - 1))),
        "t.csv",
        "which is more than a page can mend",
    ),
}  # fmt: skip


@ON_SQLITE
@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_table_is_refused_with_one_message_and_nothing_is_kept(visit, room, kind):
    make, name, said = HOSTILE[kind]
    response = send(visit("reader.one"), make(), name)
    assert response.status_code == 422
    assert said in response.text
    with room.database.reading() as session:
        assert session.scalar(select(Upload.id)) is None


def test_faults_without_end_are_more_than_are_taken():
    assert 3 * (MOST_ROWS - 1) > MOST_FAULTS


@ON_SQLITE
@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.csv",
        "C:\\Users\\Xyzzy\\t.csv",
        "Xyzzy 14.03.1957.csv",
        "<script>.csv",
        "=Xyzzy().CSV",
    ],
)
def test_the_name_of_a_file_leads_nowhere_and_is_not_shown(visit, room, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    reader = visit("reader.one")
    place = send(reader, as_csv(table({"eer": "x"})), name).headers["location"]
    page = reader.get(place).text
    assert "Xyzzy" not in page
    assert "<script>." not in page
    assert "passwd" not in page
    assert list(Path(tmp_path).iterdir()) == []


@ON_SQLITE
def test_a_zip_bomb_is_no_table_of_reports_either(visit):
    reader = visit("reader.one")
    reader.get("/truth")
    response = reader.post("/truth", files={"table": ("t.xlsx", with_sheet(BOMB))})
    assert response.status_code == 422
    assert "unpacks to far more" in response.text


@ON_SQLITE
def test_more_than_a_table_can_be_is_not_read(visit):
    reader = visit("reader.one")
    assert send(reader, b"x" * (LARGEST_FILE + 2**20), "t.csv").status_code == 413


@ON_SQLITE
@pytest.mark.parametrize("fields", [{}, {"table": "text"}])
def test_a_form_without_a_file_is_refused(visit, fields):
    reader = visit("reader.one")
    reader.get("/uploads")
    assert reader.post("/uploads", fields).status_code == 422


@pytest.mark.thorough
def test_the_process_that_reads_finds_what_this_one_would():
    found = read_apart(as_csv(table({"lesion_id": "Wang Fang", "eer": 0.5})), ".csv")
    assert found.rows[0].cells["eer"] == "0.5"
    assert found.rows[0].withheld == {"lesion_id"}
    with pytest.raises(TableError, match="unpacks to far more"):
        read_apart(with_sheet(BOMB), ".xlsx")


@pytest.mark.thorough
def test_tables_of_anything_else_are_read_by_that_process_too():
    found = read_cells_apart(as_workbook([{"a": None, "b": datetime.date(2026, 3, 1)}]), ".xlsx")
    assert found.frame.to_dict("split")["data"] == [[None, datetime.datetime(2026, 3, 1)]]
    assert list(found.frame.index) == [2]
    for sent, suffix, said in (
        (with_sheet(BOMB), ".xlsx", "unpacks to far more"),
        (b"x", ".\ud800", "not a kind of table"),
        (b"x", "." + "x" * 2**18, "not a kind of table"),
    ):
        with pytest.raises(TableError, match=said):
            read_cells_apart(sent, suffix)


def test_who_takes_too_long_to_read_is_stopped(monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE", 0.05)
    with pytest.raises(TableError, match="takes more memory or time"):
        read_apart(as_csv(GOOD), ".csv")


def test_who_takes_too_much_memory_to_read_is_stopped(monkeypatch):
    monkeypatch.setattr(apart, "MEMORY", 64 * 1024**2)
    with pytest.raises(TableError, match="takes more memory or time"):
        read_apart(as_workbook(GOOD), ".xlsx")


def test_many_tables_at_once_do_not_keep_other_visitors_waiting(monkeypatch):
    begun, go_on = threading.Semaphore(0), threading.Event()
    waiting = threading.Semaphore(0)

    class Noted:
        """The lock of who reads, which notes who waits for it."""

        def __enter__(self):
            waiting.release()
            lock.acquire()

        def __exit__(self, *_error):
            lock.release()

    def slow(_content, _suffix, _wanted):
        begun.release()
        go_on.wait(timeout=30)

    lock = threading.Lock()
    monkeypatch.setattr(apart, "_READING", Noted())
    monkeypatch.setattr(apart, "_run", slow)

    def read():
        with pytest.raises(TableError):
            read_apart(b"x", ".csv")

    readers = [threading.Thread(target=read) for _ in range(apart.MOST_WAITING)]
    for reader in readers:
        reader.start()
    assert begun.acquire(timeout=30)
    for _ in readers:
        assert waiting.acquire(timeout=30)
    with pytest.raises(TableError, match="other tables are being read"):
        read_apart(b"x", ".csv")
    assert not begun.acquire(blocking=False)  # one at a time
    go_on.set()
    for reader in readers:
        reader.join()
    monkeypatch.undo()
    assert len(read_apart(as_csv(GOOD), ".csv").rows) == 2


def test_the_process_that_reads_knows_no_secret(monkeypatch):
    monkeypatch.setenv("HER2MRI_DATABASE", "postgresql+psycopg://somebody:secret@127.0.0.1/room")
    seen = {}

    def noted(command, **options):
        seen.update(options["env"])
        raise apart.subprocess.TimeoutExpired(command, 0)

    monkeypatch.setattr(apart.subprocess, "run", noted)
    with pytest.raises(TableError):
        read_apart(as_csv(GOOD), ".csv")
    assert "secret" not in str(seen)
    assert "PATH" in seen
