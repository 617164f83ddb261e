"""Put NiiVue, the viewer of the page where regions are drawn, into the package.

    python scripts/vendor_niivue.py          # fetches, checks and writes; make niivue
    python scripts/vendor_niivue.py --check  # only says whether what is there is what npm has

The one built file is taken as it is published, by npm's own client, at the version pinned here; with it the
licences of everything in it. A clone works without npm, because the file is committed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

VENDOR = Path(__file__).parents[1] / "src" / "her2mri" / "web" / "static" / "vendor"
VERSION = "0.69.0"
ARCHIVE_SHA256 = "6e9a6a471b428eb3b258a0086beca9187d95e43a781a39e8a519c6da246af485"
BUILT = "package/dist/niivue.umd.js"
INSIDE = (
    "@lukeed/uuid@2.0.1",
    "@ungap/structured-clone@1.2.0",
    "@zarrita/storage@0.1.3",
    "array-equal@1.0.2",
    "fflate@0.8.2",
    "gl-matrix@3.4.3",
    "nifti-reader-js@0.8.0",
    "numcodecs@0.3.2",
    "zarrita@0.5.4",
)
"""What NiiVue's own list of its build (metafile-esm.json) names, at the versions that its package asks for."""
ALLOWED = ("MIT", "ISC", "BSD-2-Clause")
NIIVUE_LICENCE = """BSD 2-Clause License

Copyright (c) 2021, Niivue
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""
"""As it stands in NiiVue's repository; its npm package names the licence without the text."""


def fetched(package: str, folder: Path) -> tarfile.TarFile:
    """The published archive of one package."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    return tarfile.open(folder / name)


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """A file of an archive by its name, upper or lower case, whatever its ending."""
    for found in archive.getmembers():
        if found.name == name or found.name.lower().split(".")[0] == name:
            stream = archive.extractfile(found)
            assert stream is not None
            return stream.read()
    raise SystemExit(f"{archive.name}: no {name}")


def licence_of(package: str, archive: tarfile.TarFile) -> str:
    """What a package says of its licence, which must be one of those that may go into this one."""
    told = json.loads(member(archive, "package/package.json"))
    if told["license"] not in ALLOWED:
        raise SystemExit(f"{package}: licence {told['license']} is not among {', '.join(ALLOWED)}")
    return str(told["license"])


def files(folder: Path) -> dict[str, bytes]:
    """What is to stand in the vendor folder."""
    with fetched(f"@niivue/niivue@{VERSION}", folder) as archive:
        found = hashlib.sha256(Path(str(archive.name)).read_bytes()).hexdigest()
        if found != ARCHIVE_SHA256:
            raise SystemExit(f"npm's archive of NiiVue {VERSION} has the SHA-256 {found}: not the one pinned")
        licence = licence_of("@niivue/niivue", archive)
        built = member(archive, BUILT)
    texts = [f"@niivue/niivue {VERSION} ({licence})\n\n{NIIVUE_LICENCE}"]
    for package in INSIDE:
        with fetched(package, folder) as archive:
            text = member(archive, "package/license").decode("utf-8").strip()
            name, _, version = package.rpartition("@")
            texts.append(f"{name} {version} ({licence_of(package, archive)})\n\n{text}\n")
    texts.append(
        "numcodecs carries the compiled decoders of Blosc (BSD-3-Clause), LZ4 (BSD-2-Clause) and Zstandard\n"
        "(BSD-3-Clause), which this application never calls.\n"
    )
    told = {
        "package": "@niivue/niivue",
        "version": VERSION,
        "licence": licence,
        "archive_sha256": ARCHIVE_SHA256,
        "file": BUILT.removeprefix("package/"),
        "bytes": len(built),
        "sha256": hashlib.sha256(built).hexdigest(),
    }
    return {
        "niivue.js": built,
        "niivue.licences.txt": ("\n" + "=" * 80 + "\n\n").join(texts).encode("utf-8"),
        "niivue.json": (json.dumps(told, indent=2) + "\n").encode("utf-8"),
    }


def main(arguments: list[str]) -> int:
    with TemporaryDirectory() as folder:
        wanted = files(Path(folder))
    if arguments == ["--check"]:
        other = [name for name, content in wanted.items() if (VENDOR / name).read_bytes() != content]
        print(f"differs from npm's: {', '.join(other)}" if other else "as npm has it")
        return bool(other)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, content in wanted.items():
        (VENDOR / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
