"""What is sent as images and is none, too much, or aims elsewhere: refused with a reason, nothing left behind."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sending import begin, parts_of, send, state_of
from visits import ON_SQLITE

from her2mri.web.measuring import work
from imaging.lesion_files import phantoms
from imaging.phantoms.nifti_files import write_dynamic_nifti

pytestmark = ON_SQLITE
MOST = 3_000_000


@pytest.fixture(autouse=True)
def at_once(room, monkeypatch):
    monkeypatch.setattr(
        room.jobs, "start", lambda room, upload, what: work.do(what, upload, room.settings.most_image_bytes)
    )


@pytest.fixture
def reader(visit):
    return visit("reader.one", most_image_bytes=MOST)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    return write_dynamic_nifti(tmp_path_factory.mktemp("series") / "dce.nii", phantoms("III")[0])


def faults_of(room, reader, files, told=None):
    """What the reader is told; nothing of the images may be left."""
    number = begin(reader)
    response = send(reader, number, files, told or {})
    assert response.status_code in {200, 413, 422}, response.text
    (folder,) = Path(room.settings.images).glob(f"*/{number}")
    left = sorted(path.name for path in folder.rglob("*"))
    assert left in (["draft.json"], ["draft.json", "state.json", "told.json"])
    if response.status_code == 200:
        return reader.get(f"/measure/{number}").text
    return " ".join(response.json()["faults"])


def zipped(entries, **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content, **options)
    return stream.getvalue()


def locked():
    """An archive whose one entry says that it is encrypted."""
    content = bytearray(zipped({"a.dcm": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def bomb_gz(series):
    """A small file that says it holds 5 x 32,000 x 32,000 x 30 voxels."""
    header = bytearray(series.read_bytes()[:352])
    header[40:56] = np.array([4, 32000, 32000, 30, 5, 1, 1, 1], "<i2").tobytes()
    return gzip.compress(bytes(header) + bytes(1000))


NAMED = b'Content-Disposition: form-data; name="dce"'
CASES = {
    "nothing": ([], "there is none"),
    "a text": ([("dce", ("a.dcm", b"not an image"))], "holds no DICOM images"),
    "an empty file": ([("dce", ("a.dcm", b""))], "holds no DICOM images"),
    "cut off": ([("dce", ("a.dcm", bytes(128) + b"DICM\x02\x00"))], "cut off"),
    "another part": ([("exe", ("a.dcm", b"x"))], "not known"),
    "no archive": ([("dce", ("a.zip", b"PK not"))], "damaged"),
    "a locked archive": ([("dce", ("a.zip", locked()))], "locked"),
    "an archive of one": (
        [("dce", ("a.zip", zipped({"b.zip": zipped({"c": b""})})))],
        "holds no DICOM images",
    ),
    "a bomb": ([("dce", ("a.zip", zipped({"a": bytes(MOST + 1)})))], "more than 0.003 GB"),
    "many bombs": (
        [("dce", ("a.zip", zipped({f"a{i}": bytes(MOST // 3) for i in range(4)})))],
        "more than 0.003",
    ),
    "a bomb in pieces": (
        [("dce", ("a.zip", zipped({"a": bytes(MOST // 2 + 1)})))] * 2,
        "more than 0.003",
    ),
    "a bomb in parts": (
        [(part, ("a.zip", zipped({"a": bytes(MOST // 2 + 1)}))) for part in ("dce", "adc")],
        "more than 0.003",
    ),
    "too much": ([("dce", ("a.dcm", bytes(MOST)))], "more than 0.003 GB"),
    "damaged": ([("dce", ("a.nii", b"not a volume"))], "not a NIfTI file"),
    "half a gzip": ([("dce", ("a.nii.gz", gzip.compress(bytes(900))[:30]))], "not a NIfTI file"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_series_is_refused_with_a_reason(room, reader, case):
    files, problem = CASES[case]
    assert problem in faults_of(room, reader, files or [("dce", ("", b""))])


def test_a_volume_that_claims_more_than_it_may_hold_is_not_unpacked(room, reader, series):
    assert "too large" in faults_of(room, reader, [("dce", ("a.nii.gz", bomb_gz(series)))])


def test_series_that_do_not_say_what_they_must_are_refused(room, reader, series):
    one = parts_of(dce=[series])
    assert "does not tell when" in faults_of(room, reader, one)
    assert "must be numbers" in faults_of(room, reader, one, {"seconds": "<b>soon</b>"})
    assert "<b>" not in faults_of(room, reader, one, {"injection": "<b>soon</b>"})
    assert "2 NIfTI files" in faults_of(room, reader, one * 2)
    both = [("dwi", one[0][1]), ("adc", one[0][1])]
    assert "both a diffusion series and an ADC map" in faults_of(room, reader, [*one, *both])


@pytest.mark.parametrize(
    "name", ["../../room.sqlite", "/etc/her2mri", "..\\..\\x", "C:\\x", "a/../../../b", "~/x"]
)
def test_no_name_decides_where_anything_is_written(room, reader, tmp_path, name, series):
    number = begin(reader)
    before = {path for path in tmp_path.rglob("*") if "images" not in path.parts}
    packed = zipped({name: b"x", "deep/series.nii": series.read_bytes(), "deep/series.json": b"{}"})
    send(
        reader, number, [("dce", (name, b"x")), ("dce", ("a.zip", packed))], {"seconds": "-75 30 120 210 300"}
    )
    (folder,) = Path(room.settings.images).glob(f"*/{number}")
    assert {path for path in tmp_path.rglob("*") if "images" not in path.parts} == before
    written = [
        path.relative_to(folder / "images") for path in (folder / "images").rglob("*") if path.is_file()
    ]
    assert all(path.parts[0] == "dce" and len(path.parts) == 2 for path in written)
    assert (folder / "preview.nii").is_file()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", b"x"),
        ("text/plain", b"x"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="dce"; filename="a"\r\n\r\nx',
        ),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: " + b"x" * 9000 + b"\r\n\r\nx\r\n--b--",
        ),
        ("multipart/form-data; boundary=" + "b" * 5000, b"x"),
    ],
)
def test_what_is_no_form_is_refused(reader, kind, body):
    number = begin(reader)
    headers = {"X-Form-Token": reader.token, **({"Content-Type": kind} if kind else {})}
    response = reader.client.post(f"/measure/images/{number}", content=body, headers=headers)
    assert response.status_code == 422
    assert response.json()["faults"]


def test_a_full_disk_is_told_before_anything_is_taken(reader, monkeypatch):
    monkeypatch.setattr("her2mri.web.measuring.receiving._LEFT_FREE", 1 << 62)
    response = send(reader, begin(reader), [("dce", ("a.dcm", b"x"))])
    assert response.status_code == 422
    assert "disk is full" in response.json()["faults"][0]


def test_more_files_than_any_series_has_are_refused(room, reader, monkeypatch):
    for place in ("receiving", "unpacking"):
        monkeypatch.setattr(f"her2mri.web.measuring.{place}.MOST_FILES", 3)
    files = [("dce", (f"{i}.dcm", b"x")) for i in range(4)]
    assert "more than 3 files" in faults_of(room, reader, files)
    packed = [zipped({f"{i}.dcm": b"x" for i in range(size)}) for size in (4, 2)]
    assert "more than 3 files" in faults_of(room, reader, [("dce", ("a.zip", packed[0]))])
    assert "more than 3 files" in faults_of(room, reader, [("dce", ("a.zip", packed[1]))] * 2)


def test_a_series_may_come_in_several_archives(room, reader, series):
    parts = [("series.nii", series.read_bytes()), ("series.json", b"{}")]
    number = begin(reader)
    files = [("dce", (f"{name}.zip", zipped({name: content}))) for name, content in parts]
    send(reader, number, files, {"seconds": "-75 30 120 210 300"})
    assert state_of(reader, number) == "ready"
