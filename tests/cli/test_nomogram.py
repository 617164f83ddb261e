"""The verb ``nomogram``: a page from frozen models alone, the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from her2mri.bundle import Bundle
from her2mri.bundle.chain import Chain
from her2mri.bundle.nomogram_sheet import FORMATS, nomogram_sheet, save_sheet

Run = Callable[..., tuple[int, str, str]]
LESION = {"n_category": "N1", "ki67_status": "high", "lesion_number": "single", "quadrant": "upper_left",
          "eer": 1.1, "adc": 0.9}  # fmt: skip


@pytest.fixture(scope="module")
def chain(golden: Path) -> Chain:
    folder = golden / "bundle"
    return Chain.of(*(Bundle.load(folder / f"{name}.json") for name in ("her2_positive_LR", "her2_low_RCS")))


def texts(chain: Chain, lesion: dict[str, object] | None, page: str = "fit") -> list[str]:
    return [
        text.get_text() for ax in nomogram_sheet(chain, lesion=lesion, page=page).axes for text in ax.texts
    ]


@pytest.mark.thorough
def test_the_same_model_and_lesion_give_the_same_bytes(chain: Chain, tmp_path: Path):
    written = []
    for turn in ("one", "two"):
        figure = nomogram_sheet(chain, lesion=LESION)
        for kind in FORMATS:
            save_sheet(figure, tmp_path / f"{turn}{kind}")
        written.append([(tmp_path / f"{turn}{kind}").read_bytes() for kind in FORMATS])
    assert written[0] == written[1]


def test_one_bundle_and_a_lesion_make_one_file(her2mri: Run, golden: Path, tmp_path: Path):
    (tmp_path / "lesion.json").write_text(json.dumps(LESION))
    out = tmp_path / "nomogram.svg"
    bundle = golden / "bundle" / "her2_positive_RCS.json"
    code, said, _ = her2mri("nomogram", bundle, "-o", out, "--lesion", tmp_path / "lesion.json")
    assert (code, said) == (0, f"{out}: the nomogram of 1 model\n")
    assert out.read_text(encoding="utf-8").startswith("<?xml")
    assert {path.name for path in tmp_path.iterdir()} == {"lesion.json", "nomogram.svg"}


def test_two_models_stand_on_one_page_with_three_classes(chain: Chain):
    said = texts(chain, LESION)
    answer = chain.predict(LESION)
    for part in answer.classes:
        assert any(text.startswith(f"{part.label} {part.probability:.3f} (95 % interval") for text in said)
    for own in (answer.first, answer.second):
        assert f"{own.total_points:.0f}" in said
        assert f"{own.probability:.2f}" in said


def test_a_missing_input_has_no_mark_and_no_total_but_an_averaged_probability(chain: Chain):
    said = texts(chain, {**LESION, "adc": None})
    assert said.count("not known") == 4
    assert f"{chain.predict({**LESION, 'adc': None}).first.probability:.2f}" in said
    assert any(text.startswith("Note: missing: Minimum ADC") for text in said)


def test_a_lesion_that_a_model_refuses_is_not_marked(chain: Chain):
    said = texts(chain, {**LESION, "pure_nme": "yes"})
    assert "This\nlesion" not in said
    assert sum(text.startswith("No answer: the model was not made for such lesions") for text in said) == 3


@pytest.mark.thorough
@pytest.mark.parametrize("page", ["a4", "slide"])
def test_no_text_touches_another_or_leaves_the_page(chain: Chain, page: str):
    figure = nomogram_sheet(chain, lesion={**LESION, "eer": None}, page=page)
    boxes = [(t.get_text(), t.get_window_extent()) for ax in figure.axes for t in ax.texts if t.get_text()]
    for i, (text, box) in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, text
        for other, taken in boxes[:i]:
            across = min(box.x1, taken.x1) - max(box.x0, taken.x0)
            down = min(box.y1, taken.y1) - max(box.y0, taken.y0)
            assert across <= 0.1 or down <= 0.1, (text, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("her2_positive_DT.json", "-o", "new.svg"), "has no nomogram"),
        (("her2_positive_LR.json", "-o", "new.gif"), "is no kind of figure"),
        (("her2_positive_LR.json", "-o", "none/new.svg"), "is no place for a file"),
        (("her2_positive_LR.json", "-o", "mine.svg"), "exists already"),
        (("her2_positive_LR.json", "-o", "new.svg", "--lesion", "none.json"), "cannot be read"),
        (
            ("her2_positive_LR.json", "-o", "new.svg", "--lesion", "mine.svg"),
            "not readable as one JSON object",
        ),
    ],
)
def test_what_cannot_be_drawn_exits_with_2(
    her2mri: Run,
    golden: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple,
    message: str,
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.svg").write_text("mine")
    code, _, said = her2mri("nomogram", golden / "bundle" / arguments[0], *arguments[1:])
    assert code == 2
    assert message in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine.svg"]
    assert (tmp_path / "mine.svg").read_text() == "mine"
