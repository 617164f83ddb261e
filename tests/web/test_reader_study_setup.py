"""A reader study is set up with every fault said, frozen with a hash, and then nothing of it changes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from openpyxl import Workbook
from PIL import Image, PngImagePlugin
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from studies import FORM, READERS, SEEN, close, drafted, freeze, opened, rows, send, table
from visits import ON_SQLITE

from her2mri.web.database.reader_study_tables import STUDY_APPEND_ONLY, StudyImage
from her2mri.web.lesions.models import put_in_use, starting_bundles
from her2mri.web.reader_studies.orders import reading_orders

pytestmark = pytest.mark.usefixtures("read_here")


def picture(kind="PNG", size=(40, 30), mode="L", **saved):
    buffer = io.BytesIO()
    Image.new(mode, size, 90).save(buffer, kind, **saved)
    return buffer.getvalue()


def add(someone, place, *files):
    number = place.rsplit("/", 1)[1]
    return someone.post(f"/study-images/{number}", files=[("images", file) for file in files])


def test_a_draft_is_changed_until_it_is_opened_and_never_after(visit, room):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    assert send(researcher, b"", to=place, title="Second thoughts", washout_days="14").status_code == 303
    assert add(researcher, place, ("C-01_a.png", picture())).status_code == 303
    assert freeze(researcher, place).status_code == 303
    page = researcher.get(place)
    assert "Second thoughts" in page.text
    assert "14 days" in page.text
    for response in (
        send(researcher, to=place),
        add(researcher, place, ("C-02.png", picture())),
        researcher.post("/study-images/1/remove", {"case": "C-01"}),
        researcher.post(f"{place}/open", {"seen": "0" * 64}),
    ):
        assert response.status_code == 409
        assert "was opened" in response.text
    assert researcher.get(f"{place}/change").headers["location"] == place
    assert close(researcher, "1").status_code == 303
    for table_name in ("opened_studies", "closed_studies", "reader_studies", "study_images"):
        column = "id" if table_name in {"reader_studies", "study_images"} else "study_id"
        for statement in (f"DELETE FROM {table_name}", f"UPDATE {table_name} SET {column} = {column}"):
            with pytest.raises(SQLAlchemyError), room.database.writing() as session:
                session.execute(text(statement))


def test_every_table_of_what_was_read_only_grows(visit, room):
    number = opened(visit("the.researcher"))
    visit("reader.one").get(f"/reading/{number}/case")
    for table_name in STUDY_APPEND_ONLY:
        with room.database.reading() as session:
            kind = room.database.engine.dialect.name
            query = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"
            if kind != "sqlite":
                query = "SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass) AND NOT tgisinternal"
            assert session.scalar(text(query), {"name": table_name}) == (2 if kind == "sqlite" else 1)


def test_what_is_frozen_has_the_hash_that_is_shown_and_orders_that_anybody_can_draw_again(visit):
    researcher = visit("the.researcher")
    number = opened(researcher)
    frozen = researcher.get(f"/studies/{number}/setup.json")
    assert hashlib.sha256(frozen.content).hexdigest() in researcher.get(f"/studies/{number}").text
    content = frozen.json()
    cases = [case["case"] for case in content["cases"]]
    drawn = reading_orders(7, READERS, cases)
    assert content["orders"] == {name: [list(order) for order in both] for name, both in drawn.items()}
    orders = [tuple(order) for both in content["orders"].values() for order in both]
    assert len(set(orders)) == len(orders) == 4
    assert [case["truth"] for case in content["cases"]] == ["positive", "negative", "negative"] * 2


def test_who_opens_a_study_opens_what_they_saw(visit):
    researcher, colleague = visit("the.researcher"), visit("the.researcher")
    place = drafted(researcher)
    seen = SEEN.search(researcher.get(place).text)[1]
    assert send(colleague, b"", to=place, seed="8").status_code == 303
    response = researcher.post(f"{place}/open", {"seen": seen})
    assert response.status_code == 409
    assert "was changed meanwhile" in response.text


def test_who_opens_a_study_opens_it_with_the_model_that_they_saw(visit, room, clock):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    seen = SEEN.search(researcher.get(place).text)[1]
    with room.database.writing() as session:
        put_in_use(session, clock(), "(tests)", starting_bundles()[:1])
    response = researcher.post(f"{place}/open", {"seen": seen})
    assert response.status_code == 409
    assert "another model has come into use" in response.text
    assert "number 2" in response.text
    assert freeze(researcher, place).status_code == 303


def test_of_two_who_change_a_draft_at_once_the_second_is_told_and_loses_nothing(visit):
    researcher, colleague = visit("the.researcher"), visit("the.administrator")
    place = drafted(researcher)
    seen = SEEN.search(researcher.get(f"{place}/change").text)[1]
    assert send(colleague, b"", to=place, seed="8", experience=["19", "6"]).status_code == 303
    typed = {"title": "Mine", "washout_days": "14"}
    stale = send(researcher, to=place, seen=seen, **typed)
    assert stale.status_code == 409
    for said in ("somebody else", "Choose the case list again", "reader.one (19), reader.two (6)", "Pilot"):
        assert said in stale.text
    assert 'value="Mine"' in stale.text
    assert 'value="14"' in stale.text
    assert "Pilot" in researcher.get(place).text
    fresh = SEEN.search(stale.text)[1]
    assert send(researcher, to=place, seen=fresh, **typed).status_code == 303
    assert "Mine" in colleague.get(place).text
    assert send(researcher, b"", to=place, seen=fresh, **typed).status_code == 303  # pressed twice
    assert send(researcher, to=place, seen="", title="Blind").status_code == 409


FAULTY = [
    ({"lesion_id": "Wang"}, "cannot be a pseudonym"),
    ({"patient_id": "1957-03-14"}, "reads like a date"),
    ({"lesion_id": "C-02"}, "stands twice"),
    ({"her2_status": ""}, "the truth is not known"),
    ({"her2_status": "perhaps"}, "is not one of the levels"),
    ({"adc": 90}, "is not such a number"),
    ({"shape": "square"}, "is not one of the levels"),
]


@ON_SQLITE
def test_all_faults_of_a_case_list_are_said_at_once_and_nothing_is_kept(visit):
    researcher = visit("the.researcher")
    content = rows()
    for row, (change, _) in zip(content[:3], FAULTY[:3], strict=True):
        row.update(change)
    content[3] |= {"adc": 90, "shape": "square"}
    response = send(researcher, table(content), washout_days="0", reader=[], title="")
    assert response.status_code == 422
    expected = [said for _, said in FAULTY[:2] + FAULTY[5:]]
    for said in (*expected, "washout", "choose who reads", "title"):
        assert said in response.text, said
    assert "Reader studies" in researcher.get("/studies").text
    assert "No study yet" in researcher.get("/studies").text


@ON_SQLITE
@pytest.mark.parametrize(("change", "said"), FAULTY)
def test_a_case_that_cannot_be_is_refused(visit, change, said):
    content = rows()
    content[0] = content[0] | change
    response = send(visit("the.researcher"), table(content))
    assert response.status_code == 422
    assert said in response.text
    assert "row 2" in response.text or "row 3" in response.text


@ON_SQLITE
def test_a_study_needs_each_class_of_its_question_and_no_other(visit):
    researcher = visit("the.researcher")
    low = send(researcher, question="her2_low")
    assert low.text.count("is not one of the classes of HER2-low vs HER2-zero") == 2
    one_class = send(researcher, table(rows(["low", "zero", "low", "low"])))
    assert "no case is HER2-positive" in one_class.text
    assert send(researcher, question="three_classes").status_code == 303
    assert send(researcher, question="nothing").status_code == 422
    few = send(researcher, table(rows(["low", "positive"])))
    assert "too few cases for so many readers" in few.text


@ON_SQLITE
def test_what_gives_the_truth_away_or_names_somebody_reaches_no_reader(visit):
    researcher = visit("the.researcher")
    content = [row | {"molecular_subtype": "luminal_a", "her2_ihc": "1+"} for row in rows()]
    number = opened(researcher, table(content))
    page = visit("reader.one").get(f"/reading/{number}/case").text
    assert "0.9" in page or "0.8" in page or "0.7" in page or "1" in page
    for secret in ("Luminal", "immunohistochemistry", "C-0", "P-0"):
        assert secret not in page
    named = send(researcher, table([row | {"Patient name": "Wang Fang"} for row in rows()]))
    assert named.status_code == 422
    assert "a column that the dictionary does not have" in named.text
    assert "wang fang" not in named.text.lower()
    assert "patient name" not in named.text.lower()


@ON_SQLITE
def test_only_open_accounts_of_readers_may_read(visit):
    researcher = visit("the.researcher")
    for name in ("the.researcher", "nobody.here", "'; DROP TABLE accounts; --"):
        response = send(researcher, reader=[name])
        assert response.status_code == 422
        assert "somebody is no reader" in response.text
    place = drafted(researcher)
    visit("the.administrator").post("/people/1", {"change": "researcher"})
    response = freeze(researcher, place)
    assert response.status_code == 422
    assert "reader.one is no reader any more" in response.text


@ON_SQLITE
def test_a_reader_who_becomes_a_researcher_does_not_get_the_truth_of_the_study_they_read_in(visit):
    number = opened(visit("the.researcher"))
    visit("the.administrator").post("/people/1", {"change": "researcher"})
    turned = visit("reader.one")
    assert turned.get(f"/studies/{number}").status_code == 200
    assert turned.get(f"/studies/{number}/setup.json").status_code == 403
    assert "C-0" not in turned.get(f"/studies/{number}").text


@ON_SQLITE
def test_a_case_list_may_be_a_workbook_but_no_bomb(visit):
    book = Workbook()
    content = rows()
    book.active.append(list(content[0]))
    for row in content:
        book.active.append(list(row.values()))
    buffer = io.BytesIO()
    book.save(buffer)
    researcher = visit("the.researcher")
    assert drafted(researcher, buffer.getvalue(), name="cases.xlsx") == "/studies/1"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    for sent, name, said in (
        (bomb.getvalue(), "cases.xlsx", "unpacks to far more"),
        (b"PK\x03\x04 not really", "cases.xlsx", "damaged"),
        (b"\xff\xfe\x00", "cases.csv", "case"),
        (table(rows()), "../../cases.parquet", "is not a kind of table"),
    ):
        response = send(researcher, sent, name=name)
        assert response.status_code == 422, name
        assert said in response.text, name


def test_of_an_image_nothing_but_the_picture_is_kept(visit, room):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "WANG FANG")
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "WANG FANG", 6  # a description, and turned by a quarter
    files = [
        ("WANG FANG/C-01_b.png", picture(pnginfo=notes)),
        ("C-01_a.jpg", picture("JPEG", exif=exif, comment=b"WANG FANG")),
        ("C-02.png", picture(mode="P")),
    ]
    assert all(b"WANG FANG" in content for _, content in files[:2])
    assert add(researcher, place, *files).status_code == 303
    with room.database.reading() as session:
        kept = list(session.scalars(select(StudyImage).order_by(StudyImage.case, StudyImage.place)))
        found = [(image.case, image.place, image.media, image.width, image.height) for image in kept]
        assert not any(b"WANG" in image.content for image in kept)
    assert found == [
        ("C-01", 1, "image/jpeg", 30, 40),
        ("C-01", 2, "image/png", 40, 30),
        ("C-02", 1, "image/png", 40, 30),
    ]
    shown = researcher.get(f"/study-images/1/{kept[1].id}")
    assert shown.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(shown.content)).getpixel((5, 5)) == 90
    assert researcher.get(f"/study-images/2/{kept[1].id}").status_code == 404
    assert researcher.post("/study-images/1/remove", {"case": "C-01"}).status_code == 303
    assert researcher.get(f"/study-images/1/{kept[1].id}").status_code == 404


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "C-01.png",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "PNG or JPEG",
        ),
        ("C-01.png", picture("GIF"), "PNG or JPEG"),
        ("C-01.png", picture()[:60], "PNG or JPEG"),
        ("C-01.png", picture(size=(2049, 5)), "2049 x 5 pixels"),
        ("C-01.png", picture(mode="I;16"), "8 bits"),
        ("C-01.png", b"", "PNG or JPEG"),
        ("Wang Fang.png", picture(), "not named after a case"),
        ("C-011.png", picture(), "not named after a case"),
    ],
    ids=["svg", "gif", "cut off", "too large", "16 bits", "empty", "a name", "another case"],
)
def test_an_image_that_cannot_be_taken_is_refused_and_the_others_with_it(visit, room, name, content, said):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    response = add(researcher, place, ("C-02.png", picture()), (name, content))
    assert response.status_code == 422
    assert said in response.text
    assert "Wang" not in response.text
    with room.database.reading() as session:
        assert session.scalar(select(StudyImage)) is None


@ON_SQLITE
def test_an_image_of_a_billion_pixels_is_refused_before_it_is_decoded(visit):
    small = bytearray(picture())
    small[16:24] = (40_000).to_bytes(4, "big") + (30_000).to_bytes(4, "big")
    import zlib

    small[29:33] = zlib.crc32(small[12:29]).to_bytes(4, "big")
    researcher = visit("the.researcher")
    response = add(researcher, drafted(researcher), ("C-01.png", bytes(small)))
    assert response.status_code == 422


@ON_SQLITE
def test_no_case_gets_more_images_than_a_page_can_show(visit, room):
    researcher = visit("the.researcher")
    place = drafted(researcher)
    response = add(researcher, place, *((f"C-01_{i}.png", picture()) for i in range(7)))
    assert response.status_code == 422
    assert "at most 6" in response.text
    with room.database.reading() as session:
        assert session.scalar(select(StudyImage)) is None


@ON_SQLITE
def test_a_study_of_images_alone_needs_an_image_of_each_case(visit):
    researcher = visit("the.researcher")
    place = drafted(researcher, shows_findings="")
    assert freeze(researcher, place).text.count("has nothing that a reader could read") == 6
    files = [(f"C-0{i}.png", picture()) for i in range(1, 7)]
    assert add(researcher, place, *files).status_code == 303
    assert freeze(researcher, place).status_code == 303
    page = visit("reader.one").get("/reading/1/case").text
    assert "ADC" not in page
    assert "/reading/1/case/1/1/1" in page


@ON_SQLITE
def test_what_is_typed_wrongly_is_shown_again_as_text(visit):
    evil = '"><script>alert(1)</script>'
    response = send(visit("the.researcher"), title=evil, wording=evil, seed=evil, washout_days=evil)
    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert response.text.count("&#34;&gt;&lt;script&gt;") >= 4
    assert f'value="{FORM["rating"]}"' in response.text


@ON_SQLITE
def test_the_audit_log_tells_what_was_done_and_no_case(visit, room):
    researcher = visit("the.researcher")
    number = opened(researcher)
    visit("reader.one").get(f"/reading/{number}/case")
    with room.database.reading() as session:
        entries = session.execute(text("SELECT action, subject, detail FROM audit_entries ORDER BY number"))
        found = [tuple(entry) for entry in entries]
    assert [action for action, _, _ in found if "in" not in action][-3:] == [
        "study drafted",
        "study opened",
        "case shown",
    ]
    assert "C-0" not in json.dumps(found)
