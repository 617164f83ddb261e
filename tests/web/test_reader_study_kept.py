"""What was read outlives the server: killed at random moments, or taken back from a backup."""

from __future__ import annotations

import io
import multiprocessing
import random
import threading
import time
from contextlib import closing
from dataclasses import replace

import httpx2
import pytest
from PIL import Image
from server import free_port, serve, wait_for
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from studies import PLACE, answer, drafted, freeze, opened, place_shown, rows, table
from visits import ON_SQLITE, PASSWORD, TOKEN

from her2mri.web.audit_log import check_chain
from her2mri.web.backup.making import back_up
from her2mri.web.backup.restoring import restore
from her2mri.web.database.reader_study_tables import CaseRead, OpenedStudy, StudyImage
from her2mri.web.reader_studies.finding import find_study
from her2mri.web.room import Room

pytestmark = pytest.mark.usefixtures("read_here")

KILLS = 4
CASES = 120


@pytest.fixture(scope="module")
def processes():
    """Processes that start at once, because the one they come from has read everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["her2mri.web.application"])
    return context


def read_until_it_dies(base, cookies, token, number, acknowledged, asked):
    with httpx2.Client(base_url=base, cookies=cookies, timeout=60) as client:
        while True:
            try:
                page = client.get(f"/reading/{number}/case")
                part, place = PLACE.search(page.text).groups()
                asked.add(int(place))
                fields = {"form_token": token, "session": part, "place": place, "call": "positive"}
                fields["confidence"] = str(int(place) % 101)
                response = client.post(f"/reading/{number}/case", data=fields)
            except httpx2.TransportError:
                return
            assert response.status_code == 303
            acknowledged.append(int(place))


@pytest.mark.thorough
def test_a_reader_goes_on_where_the_killed_server_acknowledged_the_last_read(visit, room, processes):
    content = rows(["positive", "low", "zero"] * (CASES // 3))
    for row in content:
        row["adc"] = 0.9
    number = opened(visit("the.researcher"), table(content).replace(b"C-", b"K-"))
    chance, port = random.Random(11), free_port()
    base = f"http://127.0.0.1:{port}"
    acknowledged: list[int] = []
    asked: set[int] = set()
    signed: list[tuple[object, str]] = []
    settings = replace(room.settings, hosts=("127.0.0.1",))
    for _ in range(KILLS):
        server = processes.Process(target=serve, args=(settings, port))
        server.start()
        wait_for(port)
        if not signed:
            with httpx2.Client(base_url=base, timeout=60) as client:
                token = TOKEN.search(client.get("/sign-in").text)[1]
                sent = {"name": "reader.one", "password": PASSWORD, "form_token": token}
                assert client.post("/sign-in", data=sent).status_code == 303
                signed.append((client.cookies, TOKEN.search(client.get("/password").text)[1]))
        cookies, token = signed[0]
        before = len(acknowledged)
        reader = threading.Thread(
            target=read_until_it_dies, args=(base, cookies, token, number, acknowledged, asked)
        )
        reader.start()
        while len(acknowledged) == before and reader.is_alive():
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.1))  # the moment of the kill, not a wait for anything
        server.kill()
        server.join()
        reader.join()
    with room.database.reading() as session:
        kept = {read.place: read.confidence for read in session.scalars(select(CaseRead))}
        assert check_chain(session).is_whole
    assert acknowledged == sorted(set(acknowledged))
    assert set(acknowledged) <= set(kept) <= asked
    assert kept == {place: place % 101 for place in range(1, len(kept) + 1)}
    assert len(acknowledged) >= KILLS
    page = visit("reader.one").get(f"/reading/{number}/case")
    assert place_shown(page) == ("1", str(len(kept) + 1))


@ON_SQLITE
def test_a_backup_gives_a_study_back_with_its_hash_its_images_and_its_guards(visit, room, tmp_path):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    buffer = io.BytesIO()
    Image.new("L", (9, 7), 80).save(buffer, "PNG")
    assert researcher.post("/study-images/1", files=[("images", ("C-01.png", buffer.getvalue()))]).is_redirect
    assert freeze(researcher, place).status_code == 303
    reader = visit("reader.one")
    for _ in range(2):
        answer(reader, "1")
    back_up(room, tmp_path / "room.backup")
    beside = Room.of(replace(room.settings, database=f"sqlite:///{tmp_path / 'beside.sqlite'}"), now=room.now)
    with closing(beside.database):
        assert restore(beside, tmp_path / "room.backup").found.is_sound
        with room.database.reading() as ours, beside.database.reading() as theirs:
            for kind in (OpenedStudy.sha256, StudyImage.content, CaseRead.answered_at):
                assert list(ours.scalars(select(kind))) == list(theirs.scalars(select(kind)))
            assert find_study(theirs, 1).frozen == find_study(ours, 1).frozen
        for statement in ("DELETE FROM study_images", "UPDATE opened_studies SET sha256 = sha256"):
            with pytest.raises(SQLAlchemyError), beside.database.writing() as session:
                session.execute(text(statement))
