"""Images that were sent: for the session that sent them alone, and gone when it ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sending import begin, parts_of, send, state_of
from visits import ON_SQLITE

from her2mri.web.measuring import work
from her2mri.web.measuring.jobs import Jobs
from her2mri.web.measuring.keeping import forget_ended
from her2mri.web.measuring.receiving import Receiver
from her2mri.web.measuring.upload import Step, Upload
from her2mri.web.start import prepare
from imaging.lesion_files import phantoms
from imaging.phantoms.nifti_files import write_dynamic_nifti

pytestmark = ON_SQLITE
READING = ("", "/state", "/files/preview.nii", "/files/figure.png")
SENDING = ("/images/{}", "/region/{}", "/{}/use", "/{}/discard")


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    return write_dynamic_nifti(tmp_path_factory.mktemp("series") / "dce.nii.gz", phantoms("III")[0])


@pytest.fixture(autouse=True)
def at_once(room, monkeypatch):
    monkeypatch.setattr(
        room.jobs, "start", lambda room, upload, what: work.do(what, upload, room.settings.most_image_bytes)
    )


@pytest.fixture
def sent(visit, series):
    """A reader, and the number of images they sent."""
    reader = visit("reader.one")
    number = begin(reader)
    send(reader, number, parts_of(dce=[series, series.with_name("dce.json")]))
    assert state_of(reader, number) == "ready"
    return reader, number


def images(room):
    root = Path(room.settings.images)
    return [path for path in root.rglob("*") if path.is_file()] if root.is_dir() else []


def test_nobody_else_finds_them_not_even_the_same_reader_elsewhere(visit, sent):
    _, number = sent
    for other in (visit("reader.two"), visit("reader.one")):
        for place in READING:
            assert other.get(f"/measure/{number}{place}").status_code == 404
        for place in SENDING:
            address = "/measure" + place.format(number)
            response = other.client.post(
                address, data={"form_token": other.token}, headers={"X-Form-Token": other.token}
            )
            assert response.status_code == 404, address
        assert number not in other.get(f"/lesions/new?draft={number}").text


@pytest.mark.parametrize(
    "name", ["draft.json", "state.json", "..%2fdraft.json", "told.json", "images", "%2e%2e"]
)
def test_nothing_but_what_the_page_shows_can_be_fetched(sent, name):
    reader, number = sent
    assert reader.get(f"/measure/{number}/files/{name}").status_code == 404
    assert reader.get(f"/measure/{number}/files/preview.nii").content[344:347] == b"n+1"


def test_signing_out_removes_them(room, sent):
    reader, _ = sent
    assert images(room)
    reader.post("/sign-out")
    assert images(room) == []


def test_discarding_removes_them_and_keeps_the_form(room, sent):
    reader, number = sent
    assert reader.post(f"/measure/{number}/discard").headers["location"] == f"/lesions/new?draft={number}"
    assert [path.name for path in images(room)] == ["draft.json"]


def test_the_next_measurement_of_a_reader_removes_them(room, sent):
    reader, number = sent
    other = begin(reader)
    assert reader.get(f"/measure/{number}").status_code == 404
    assert [path.parent.name for path in images(room)] == [other]


def test_a_server_that_starts_removes_what_an_earlier_one_left(room, sent):
    prepare(room, ())
    assert images(room) == []


def test_they_go_when_the_session_has_expired_and_no_earlier(room, sent, clock):
    assert forget_ended(room)
    assert images(room)
    clock.turn(minutes=31)
    assert not forget_ended(room)
    assert images(room) == []


def test_a_thread_looks_for_them_until_none_are_left(room, sent, clock):
    clock.turn(hours=13)
    jobs = Jobs(sweep_every=0.01)
    jobs.watch(room)
    sweeper = jobs._sweeper
    assert sweeper is not None
    sweeper.join(10)
    assert not sweeper.is_alive()
    assert images(room) == []


def test_images_that_come_while_it_looks_for_the_last_time_are_looked_for_too(
    room, visit, clock, monkeypatch
):
    looked = []

    def last_look(room):
        left = forget_ended(room)
        looked.append(left)
        if len(looked) == 1:
            begin(reader)  # which calls room.jobs.watch
            assert images(room)
            clock.turn(hours=13)
        return left

    reader = visit("reader.one")
    monkeypatch.setattr("her2mri.web.measuring.jobs.forget_ended", last_look)
    monkeypatch.setattr(room.jobs, "sweep_every", 0.01)
    room.jobs.watch(room)
    assert room.jobs._sweeper is not None
    room.jobs._sweeper.join(10)
    assert looked == [False, False]
    assert images(room) == []


def test_while_they_are_read_no_others_are_taken(room, sent, series):
    reader, number = sent
    (folder,) = Path(room.settings.images).glob(f"*/{number}")
    Upload(number, folder).set_state(Step.READING)
    for answer in (
        send(reader, number, parts_of(dce=[series])),
        reader.client.post(f"/measure/region/{number}", content=b"", headers={"X-Form-Token": reader.token}),
    ):
        assert answer.status_code == 409
        assert "already" in answer.text
    assert (folder / "preview.nii").is_file()


def test_what_arrives_after_they_were_discarded_is_written_nowhere(room, sent, series, monkeypatch):
    reader, number = sent

    def gone(self, piece):
        begin(reader)  # elsewhere, while this is on its way
        usual(self, piece)

    usual = Receiver.write
    monkeypatch.setattr(Receiver, "write", gone)
    assert send(reader, number, parts_of(dce=[series])).status_code == 422
    assert {path.name for path in images(room)} == {"draft.json"}


def test_work_whose_images_are_gone_is_ended(room, sent, monkeypatch, tmp_path):
    (folder,) = Path(room.settings.images).glob(f"*/{sent[1]}")
    monkeypatch.setattr("her2mri.web.measuring.jobs.sys.executable", _endless(tmp_path))
    jobs = Jobs()
    jobs.start(room, Upload(sent[1], folder), "measure")
    pid = tmp_path / "pid"
    end = time.monotonic() + 60
    while not (pid.exists() and pid.read_text().endswith("\n")) and time.monotonic() < end:
        time.sleep(0.01)
    sent[0].post("/sign-out")
    jobs.close()  # waits for the work
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
    assert images(room) == []


@pytest.mark.parametrize(("said", "step"), [("measured", "measured"), ("measuring", "ready")])
def test_what_work_said_stands_however_it_ends(room, sent, monkeypatch, tmp_path, said, step):
    (folder,) = Path(room.settings.images).glob(f"*/{sent[1]}")
    fresh = f'"{folder}/fresh"'
    says = f"""echo '{{"step": "{said}"}}' > {fresh}\nmv {fresh} "{folder}/state.json"\nexit 3"""
    monkeypatch.setattr("her2mri.web.measuring.jobs.sys.executable", _program(tmp_path, says))
    jobs = Jobs()
    jobs.start(room, Upload(sent[1], folder), "measure")
    assert state_of(sent[0], sent[1]) == step
    jobs.close()
    assert state_of(sent[0], sent[1]) == step


def _endless(folder):
    """A program that says who it is and does not end by itself."""
    return _program(folder, f'echo $$ > "{folder}/pid"\nexec sleep 600')


def _program(folder, script):
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    return str(program)
