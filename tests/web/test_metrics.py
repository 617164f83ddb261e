"""The figures of the server are counted by route, hold nothing of a patient, and sum over workers."""

from __future__ import annotations

import re

from programs import program_at, token_of
from typed_case import LESION
from visits import ON_SQLITE

pytestmark = ON_SQLITE


def figures(room):
    text = program_at(room, token_of(room, "the.administrator", "metrics")).get("/metrics").text
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_requests_are_counted_by_the_pattern_of_their_route(room, visit):
    def counted(found):
        label = 'her2mri_requests_total{method="GET",route="/lesions/{number}",status="404"}'
        return found.get(label, 0.0), found.get('her2mri_answers_total{door="api"}', 0.0)

    before = counted(figures(room))
    reader = visit("reader.one")
    reader.get("/lesions/77")
    reader.get("/lesions/78")
    program_at(room, token_of(room, "reader.one", "predict")).predict(LESION)
    after = counted(figures(room))
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)


def test_no_label_holds_what_was_asked_for(room, visit):
    visit("reader.one").save("BR-4711")
    visit("reader.one").get("/lesions?q=BR-4711")
    nobody = program_at(room).client
    nobody.get("/wp-admin/Wang-Fang")
    nobody.request("WANGFANG", "/lesions")
    found = figures(room)
    text = "\n".join(found)
    assert "Wang" not in text
    assert "WANG" not in text
    assert "4711" not in text
    assert any('route="(none)"' in name for name in found)
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert all(re.fullmatch(r"[a-zA-Z/{}_.$()-]+", route) for route in routes)
