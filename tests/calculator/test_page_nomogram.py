"""The drawing is the model: what is read off it is the answer, and nothing covers anything."""

from __future__ import annotations

import pytest
from typed_case import LESION, type_lesion

pytestmark = pytest.mark.browser

AXES = """() => [...document.querySelectorAll(".nomogram")].map((chart) => ({
  lines: [...chart.querySelectorAll("line.axis")].map((l) => ["x1", "x2", "y1", "y2"].map((k) => +l.getAttribute(k))),
  marks: [...chart.querySelectorAll("circle.mark")].map((c) => [+c.getAttribute("cx"), +c.getAttribute("cy")]),
  texts: [...chart.querySelectorAll("text")].map((t) => {
    const { x, y, width, height } = t.getBBox();
    return [x, y, width, height, t.textContent];
  }),
  width: +chart.getAttribute("width"),
}))"""


def test_points_read_off_the_drawing_are_the_models(open_page, published):
    page = open_page()
    type_lesion(page, published)
    for bundle, chart in zip(published, page.evaluate(AXES), strict=True):
        own = {name: value for name, value in LESION.items() if name in bundle.variables}
        answer = bundle.predict(own)
        left, right = next((x1, x2) for x1, x2, y1, y2 in chart["lines"] if y1 == y2)
        read = [100 * (x - left) / (right - left) for x, _ in chart["marks"]]
        *parts, total, probability = read
        assert parts == pytest.approx(list(answer.points.values()), abs=1e-9)
        spans = [
            max(bundle.predict({**own, name: v}).points[name] for v in choices(bundle, name))
            for name in answer.points
        ]
        assert total * sum(spans) / 100 == pytest.approx(answer.total_points, abs=1e-9)
        assert probability == pytest.approx(total, abs=1e-9)


def choices(bundle, name):
    summary = bundle.content["development"]["variables"][name]
    return list(summary.get("counts", ())) or [summary["ticks"][0], summary["ticks"][-1]]


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("width", [360, 800, 1440])
def test_no_label_covers_another_or_leaves_the_drawing(open_page, published, locale, width):
    page = open_page(locale=locale, width=width)
    type_lesion(page, published)
    for chart in page.evaluate(AXES):
        texts = chart["texts"]
        for i, (x, y, w, h, text) in enumerate(texts):
            assert x >= -1, text
            assert x + w <= chart["width"] + 1, text
            for u, v, s, t, other in texts[:i]:
                apart = x + w <= u or u + s <= x or y + 0.8 * h <= v or v + 0.8 * t <= y
                assert apart, (text, other)


def test_a_value_beyond_the_axis_is_marked_at_its_end(open_page, published):
    page = open_page()
    type_lesion(page, published)
    page.fill("#input-adc", "3")
    assert page.locator(".nomogram path.mark").count() == 1
    assert "lies outside the development range" in page.inner_text(".remarks")


def test_a_lesion_with_gaps_has_a_hollow_mark_and_no_total(open_page, published):
    page = open_page()
    type_lesion(page, published, {name: value for name, value in LESION.items() if name != "er_status"})
    assert page.locator(".nomogram").first.locator(".hollow").count() == 1
    assert page.locator(".nomogram").first.locator(".drop").count() == 0
    assert page.locator(".nomogram").last.locator(".drop").count() == 1
