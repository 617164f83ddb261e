"""NiiVue stands in the package as it was published, with its licences."""

from __future__ import annotations

import hashlib
import json
from importlib import resources

from visits import ON_SQLITE

VENDOR = resources.files("her2mri.web").joinpath("static").joinpath("vendor")


def test_the_vendored_file_is_the_published_one():
    told = json.loads(VENDOR.joinpath("niivue.json").read_text(encoding="utf-8"))
    content = VENDOR.joinpath("niivue.js").read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["sha256"] == "47b896b77ec4a5be3ef1949c33ad393b6f45629921f326c279000bcf51bdb4af"
    assert (told["version"], told["licence"]) == ("0.69.0", "BSD-2-Clause")
    licences = VENDOR.joinpath("niivue.licences.txt").read_text(encoding="utf-8")
    for name in ("@niivue/niivue 0.69.0 (BSD-2-Clause)", "zarrita", "gl-matrix", "nifti-reader-js", "fflate"):
        assert name in licences


@ON_SQLITE
def test_only_the_page_that_shows_images_may_hold_pictures_in_its_script(visit):
    reader = visit("reader.one")
    place = reader.post("/measure", {"pseudonym": "BR-1"}).headers["location"]
    policies = {}
    for path in (place, "/lesions/new"):
        (policies[path],) = reader.get(path).headers.get_list("content-security-policy")
    assert policies[place] == policies["/lesions/new"].replace("img-src 'self'", "img-src 'self' data:")
    assert "data:" not in policies["/lesions/new"]
    assert "unsafe" not in policies[place]
