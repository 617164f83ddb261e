"""A lesion measured in the room: the numbers of the command line, kept with their record and without the images."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sending import begin, draw, parts_of, send, state_of
from sqlalchemy import select, text
from typer.testing import CliRunner
from visits import LESION, ON_SQLITE

from her2mri.cli.app import build_app
from her2mri.web.database.append_only import unguard
from her2mri.web.database.measuring_tables import MeasuredAnswer, Measurement
from her2mri.web.measuring import work
from her2mri.web.measuring.checking import MeasurementCheck, check_measurements
from her2mri.web.measuring.record import keep_measurement
from her2mri.web.measuring.upload import Upload
from her2mri.web.pages import measure_pages
from her2mri.web.people.accounts import account_named
from imaging.lesion_files import lesion_folder, phantoms
from imaging.phantoms.nifti_files import write_dynamic_nifti

MARKER = "SECRETNAME"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """``dce/``, ``dwi/`` and ``roi.nii.gz`` of a washed-out lesion, whose headers name somebody."""
    return lesion_folder(tmp_path_factory.mktemp("lesion"), "III", snr=40.0, marker=MARKER)


@pytest.fixture(scope="module")
def mask():
    return phantoms("III")[2].mask


@pytest.fixture
def at_once(room, monkeypatch):
    """Work on images is done in this process before the request is answered."""
    monkeypatch.setattr(
        room.jobs, "start", lambda room, upload, what: work.do(what, upload, room.settings.most_image_bytes)
    )


def measured(visit, files, mask, **fields):
    """A reader's measurement of the phantom, not taken over yet; its number."""
    number = begin(visit, **fields)
    assert send(visit, number, parts_of(dce=files / "dce", dwi=files / "dwi")).status_code == 200
    assert state_of(visit, number) == "ready"
    assert draw(visit, number, mask).status_code == 200
    assert state_of(visit, number) == "measured"
    return number


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def uploaded(room):
    """Whatever lies in the folders of images."""
    return sorted(path.name for path in Path(room.settings.images).rglob("*") if path.is_file())


@ON_SQLITE
@pytest.mark.thorough
def test_the_room_measures_what_the_command_line_does_and_keeps_no_image(
    visit, room, files, mask, tmp_path, caplog, capfd
):
    reader = visit("reader.one")
    number = measured(reader, files, mask)
    (folder,) = Path(room.settings.images).glob(f"*/{number}")
    region = folder / "region.nii.gz"
    paths = [f"--dce={files / 'dce'}", f"--dwi={files / 'dwi'}", f"--roi={region}"]
    done = CliRunner().invoke(build_app(), ["measure", *paths, "--lesion=L1", "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    ours = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
    (theirs,) = rows_of(tmp_path / "out" / "lesions.csv")
    assert {name: theirs[name] for name in ours["row"]} == {
        name: str(ours["row"][name]) for name in ours["row"]
    }
    every = rows_of(tmp_path / "out" / "measurements.csv")
    for column in ("measure", "estimate", "conf_low", "conf_high", "as_placed"):
        found = ["" if record[column] is None else str(record[column]) for record in ours["measures"]]
        assert found == [record[column] for record in every]  # to the last digit
    assert ours["row"]["eer"] == pytest.approx(1.2, rel=0.05)
    page = reader.get(f"/measure/{number}").text
    assert "Type III, wash-out" in page
    said = page + caplog.text + "".join(capfd.readouterr())
    written = [
        path for path in folder.rglob("*") if path.is_file() and path.parent.parent != folder / "images"
    ]
    assert len(written) >= 8
    for path in written:
        assert MARKER not in path.read_bytes().decode("latin-1"), path.name
    assert MARKER not in said
    assert Path(room.settings.images).stat().st_mode & 0o077 == 0


def test_measured_values_fill_the_form_and_the_answer_keeps_their_record(visit, room, files, mask, at_once):
    reader = visit("reader.one")
    number = measured(reader, files, mask, lesion='{"quadrant": "upper_right", "eer": 0.3, "unknown": 1}')
    back = reader.post(f"/measure/{number}/use")
    assert back.headers["location"] == f"/lesions/new?draft={number}"
    assert uploaded(room) == ["draft.json"]
    form = reader.get(back.headers["location"]).text
    assert '"quadrant":"upper_right"' in form.replace(" ", "")
    assert '"eer":1.2' in form.replace(" ", "")
    assert 'value="BR-0417"' in form
    assert '"unknown"' not in form
    with room.database.reading() as session:
        (kept,) = session.scalars(select(Measurement))
        row = json.loads(kept.content)["row"]
    other = {**LESION, "eer": row["eer"], "adc": 1.1}
    place = reader.save(known=other, measurement=kept.id).headers["location"]
    page = reader.get(place).text
    assert "Measured from images" in page
    assert page.count("the reader gave another value") == 1  # the ADC
    assert kept.sha256[:12] in page
    reader.correct(place, 1, {**other, "adc": row["adc"]}, measurement=kept.id)
    assert "the reader gave another value" not in reader.get(place).text
    reader.correct(place, 2, other)
    assert "Measured from images" not in reader.get(place).text
    with room.database.reading() as session:
        links = session.execute(select(MeasuredAnswer.answer_id, MeasuredAnswer.measurement_id)).all()
    assert links == [(1, kept.id), (2, kept.id)]
    told = json.loads(kept.content)
    assert {part: images["files"] for part, images in told["images"].items()} == {"dce": 60, "dwi": 24}
    assert all(len(images["sha256"]) == 64 for images in told["images"].values())
    assert len(kept.content) < 10_000  # measures and hashes: no image


def test_a_record_that_was_changed_or_removed_is_found(room):
    with room.database.writing() as session:
        reader = account_named(session, "reader.one")
        visitor = SimpleNamespace(account_id=reader.id, name=reader.name)
        for eer in (1.1, 1.2, 1.3):
            keep_measurement(room, session, visitor, {"software": "1", "row": {"eer": eer}})
    with room.database.reading() as session:
        assert check_measurements(session) == MeasurementCheck(3, ())
    with room.database.writing() as session:
        for statement in (
            *unguard(room.database.engine.dialect.name, "measurements"),
            "UPDATE measurements SET content = replace(content, '\"software\"', '\"hardware\"') WHERE id = 1",
            "DELETE FROM measurements WHERE id = 3",
        ):
            session.execute(text(statement))
    with room.database.reading() as session:
        assert check_measurements(session) == MeasurementCheck(1, (1, 3))


@ON_SQLITE
def test_who_presses_twice_has_the_measurement_taken_over_once(
    visit, room, files, mask, at_once, monkeypatch
):
    reader = visit("reader.one")
    number = measured(reader, files, mask)
    writing, answers = room.database.writing, []

    def second_comes_first():
        monkeypatch.setattr(room.database, "writing", writing)
        answers.append(reader.client.post(f"/measure/{number}/use", data={"form_token": reader.token}))
        return writing()

    monkeypatch.setattr(room.database, "writing", second_comes_first)
    answers.append(reader.post(f"/measure/{number}/use"))
    assert [answer.status_code for answer in answers] == [303, 409]
    with room.database.reading() as session:
        assert len(list(session.scalars(select(Measurement)))) == 1
    assert '"eer":1.2' in reader.get(answers[0].headers["location"]).text.replace(" ", "")


@ON_SQLITE
def test_a_correction_begins_with_the_record_of_what_it_corrects(visit, room, files, mask, at_once):
    reader = visit("reader.one")
    place = reader.save("BR-1").headers["location"]
    number = measured(reader, files, mask, target="1")
    back = reader.post(f"/measure/{number}/use").headers["location"]
    assert back == f"/lesions/1/correct?draft={number}"
    assert 'name="measurement" value="1"' in reader.get(back).text
    reader.correct(place, 1, LESION, measurement="1")
    assert 'name="measurement" value="1"' in reader.get(f"{place}/correct").text


@ON_SQLITE
def test_nobody_takes_over_the_measurement_of_another(visit, files, mask, at_once):
    number = measured(reader := visit("reader.one"), files, mask)
    reader.post(f"/measure/{number}/use")
    other = visit("reader.two")
    for named in ("1", "2", "x", "9" * 12):
        response = other.save("BR-9", measurement=named)
        assert response.status_code == 422
        assert "is none of yours" in response.text
    assert "BR-9" not in other.get("/lesions").text


@ON_SQLITE
def test_a_nifti_series_is_read_with_its_times_beside_it_or_given(visit, room, tmp_path, mask, at_once):
    series = write_dynamic_nifti(tmp_path / "SECRETNAME.nii.gz", phantoms("III")[0])
    reader = visit("reader.one")
    sent = {
        "with its times": (parts_of(dce=[series, tmp_path / "SECRETNAME.json"]), {}),
        "times given": (parts_of(dce=[series]), {"seconds": "-75 30 120 210 300"}),
    }
    for files, told in sent.values():
        number = begin(reader)
        assert send(reader, number, files, told).status_code == 200
        assert state_of(reader, number) == "ready"
        draw(reader, number, mask)
        (folder,) = Path(room.settings.images).glob(f"*/{number}")
        assert json.loads((folder / "measured.json").read_text())["row"]["eer"] == pytest.approx(
            1.2, rel=0.01
        )
        assert not [path for path in folder.rglob("*") if "SECRET" in path.name]


@ON_SQLITE
def test_the_picture_shown_is_the_series_on_its_own_grid(visit, room, files, mask, at_once):
    import nibabel

    reader = visit("reader.one")
    number = begin(reader)
    send(reader, number, parts_of(dce=files / "dce"))
    (folder,) = Path(room.settings.images).glob(f"*/{number}")
    shown = nibabel.load(folder / "preview.nii")
    view = json.loads((folder / "view.json").read_text(encoding="utf-8"))
    expected = nibabel.load(files / "roi.nii.gz").affine
    np.testing.assert_allclose(shown.affine, expected, atol=1e-3)
    assert view["frames"] == [
        "Before contrast",
        "0:30 min",
        "2:00 min",
        "3:30 min",
        "5:00 min",
        "Rise to 2 min",
    ]
    assert (view["first"], view["plane"]) == (2, "axial")
    rise = np.asarray(shown.dataobj)[..., -1].T
    assert rise[mask].min() > 4 * rise[~mask].mean()


@ON_SQLITE
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "does not fit"),
        (b"\x1f\x8b not gzip", "damaged"),
        ("short", "does not fit"),
        ("long", "does not fit"),
        ("twos", "does not fit"),
        ("empty", "nothing is drawn"),
        (b"\0" * (9 << 20), "too large"),
    ],
)
def test_what_is_no_region_is_refused(visit, files, mask, at_once, body, problem):
    reader = visit("reader.one")
    number = begin(reader)
    send(reader, number, parts_of(dce=files / "dce"))
    made = {"short": mask[1:], "long": np.vstack([mask, mask]), "twos": mask * 2, "empty": mask & False}
    response = draw(reader, number, body if isinstance(body, bytes) else made[body])
    assert response.status_code in {413, 422}
    assert problem in response.json()["faults"][0]
    assert state_of(reader, number) == "ready"


@ON_SQLITE
def test_a_region_that_cannot_be_measured_is_told_why_and_may_be_drawn_again(visit, tmp_path, mask, at_once):
    reader = visit("reader.one")
    number = begin(reader)
    assert draw(reader, number, mask).status_code == 409
    series = write_dynamic_nifti(tmp_path / "dce.nii", phantoms("III")[0])  # whose air is black throughout
    send(reader, number, parts_of(dce=[series, tmp_path / "dce.json"]))
    air = np.zeros_like(mask)
    air[0, 0, 0] = True
    draw(reader, number, air)
    page = reader.get(f"/measure/{number}").text
    assert "Not measured." in page
    assert "lesion images" not in page
    draw(reader, number, mask)
    assert state_of(reader, number) == "measured"


@ON_SQLITE
def test_without_the_readers_of_images_the_page_says_how_to_install_them(visit, monkeypatch):
    monkeypatch.setattr(measure_pages, "EXTRA", ("pydicom", "no_such_reader"))
    response = visit("reader.one").post("/measure", {"pseudonym": "BR-1"})
    assert response.status_code == 422
    assert "pip install &#39;her2mri[imaging]&#39;" in response.text


@ON_SQLITE
def test_what_cannot_be_a_pseudonym_is_not_kept_meanwhile(visit, room):
    reader = visit("reader.one")
    begin(reader, pseudonym="Wang Fang", lesion='{"patient_name": "Wang Fang", "adc": 0.9}')
    (draft,) = Path(room.settings.images).rglob("draft.json")
    assert json.loads(draft.read_text(encoding="utf-8")) == {
        "lesion": {"adc": 0.9},
        "prevalence": [None, None],
        "pseudonym": "",
        "target": "",
    }


@ON_SQLITE
def test_work_that_ends_by_itself_is_told_of_and_the_images_go(visit, room, files, capfd):
    reader = visit("reader.one")
    number = begin(reader)
    (folder,) = Path(room.settings.images).glob(f"*/{number}")
    upload = Upload(number, folder)
    upload.write("told", ["not what is written there"])
    parts = parts_of(dce=files / "dce")
    (folder / "images" / "dce").mkdir(parents=True)
    for name, content in (part[1] for part in parts):
        (folder / "images" / "dce" / name).write_bytes(content)
    room.jobs.start(room, upload, "read")
    assert state_of(reader, number) == "refused"
    assert "the work on them stopped" in reader.get(f"/measure/{number}").text
    (line,) = capfd.readouterr().err.splitlines()
    assert json.loads(line)["error"] == "AttributeError"
    assert MARKER not in line
