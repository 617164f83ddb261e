"""What the container, compose and systemd files say is so: no engine runs here, so each word of theirs is looked up."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from her2mri.cli.app import build_app
from her2mri.web.application import LARGER_BODIES, STREAMED, pages

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICE = (DEPLOY / "her2mri.service").read_text()
PROXY = (DEPLOY / "nginx.conf").read_text()
PINNED = re.compile(r"[a-z0-9]+:[0-9]+\.[0-9.]+[0-9a-z.-]*")


def parsed(verb, arguments):
    """What the real command line makes of these options; an unknown one raises."""
    command = typer.main.get_command(build_app([verb])).get_command(None, verb)
    return command.make_context(verb, list(arguments)).params


def test_every_image_is_pinned_by_its_version():
    images = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    images += [service["image"] for service in COMPOSE["services"].values()]
    assert len(images) == 4
    for image in images:
        assert PINNED.fullmatch(image), image


def test_what_is_copied_into_the_image_is_in_the_repository_and_what_is_installed_is_declared():
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        *sources, _target = line.split()
        for source in sources:
            assert (REPOSITORY / source).exists(), source
    assert "--constraint constraints.txt '.[web]'" in CONTAINERFILE
    assert (REPOSITORY / "pyproject.toml").read_text().count("\nweb = [") == 1


def test_containers_run_without_root_rights_on_a_root_that_nobody_writes_to():
    room, database = COMPOSE["services"]["room"], COMPOSE["services"]["database"]
    assert re.search(r"^USER [1-9][0-9]+$", CONTAINERFILE, re.MULTILINE)
    assert room["read_only"] is database["read_only"] is True
    assert room["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in room["security_opt"]
    places = {volume.split(":")[1] for volume in room["volumes"]}
    assert places == {re.search(r"HER2MRI_DATA=(\S+)", CONTAINERFILE)[1], "/tmp"}
    assert {volume.split(":")[0] for service in (room, database) for volume in service["volumes"]} == set(
        COMPOSE["volumes"]
    )


def test_the_room_is_reached_from_its_own_machine_alone_through_the_gateway_it_believes():
    (port,) = COMPOSE["services"]["room"]["ports"]
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    params = parsed(
        "serve", [word.replace("${HER2MRI_NAME:?", "") for word in COMPOSE["services"]["room"]["command"][1:]]
    )
    assert port.startswith("127.0.0.1:")
    assert params["proxy"] == network["gateway"]
    assert params["behind_tls"] is True
    assert "ports" not in COMPOSE["services"]["database"]


def test_secrets_come_from_files_and_stand_nowhere_else():
    for service in COMPOSE["services"].values():
        handed = {value for name, value in service["environment"].items() if name.endswith("_FILE")}
        assert handed == {f"/run/secrets/{name}" for name in service["secrets"]}
        assert not any("PASSWORD" in name and not name.endswith("_FILE") for name in service["environment"])
    assert all(secret["file"].startswith("secrets/") for secret in COMPOSE["secrets"].values())


def test_health_is_asked_where_it_is_answered():
    path = re.search(r"127\.0\.0\.1:8000(/[a-z]+)", CONTAINERFILE)[1]
    found = [
        route for included in pages().routes for route in getattr(included, "original_router", pages()).routes
    ]
    assert path in {getattr(route, "path", "") for route in found}


def test_the_unit_of_systemd_starts_what_there_is():
    program, verb, *options = shlex.split(re.search(r"^ExecStart=(.+)$", SERVICE, re.MULTILINE)[1])
    assert Path(program).name == "her2mri"
    assert parsed(verb, options)["behind_tls"] is True
    assert "/var/lib/her2mri" in SERVICE
    assert "StateDirectory=her2mri" in SERVICE


def test_the_proxy_lets_through_what_the_room_takes():
    (usual,) = re.findall(r"client_max_body_size ([0-9]+)m;\n    proxy", PROXY)
    assert int(usual) * 1024**2 >= max(LARGER_BODIES.values())
    (streamed,) = re.findall(r"location (/[a-z]+/) ", PROXY)
    assert all(path.startswith(streamed) for path in STREAMED)


def test_the_proxy_writes_no_address_down_for_a_search_has_a_pseudonym_in_it():
    assert re.findall(r"access_log (.+);", PROXY) == ["off"]
    assert re.findall(r"error_log \S+ (.+);", PROXY) == ["crit"]


def test_the_address_of_the_database_may_stand_in_a_file(her2mri, tmp_path, monkeypatch):
    file = tmp_path / "address"
    monkeypatch.setenv("HER2MRI_DATABASE_FILE", str(file))
    code, _, err = her2mri("room", "check", "--data", tmp_path)
    assert (code, "names a file that cannot be read" in err) == (2, True)
    file.write_text(f"sqlite:///{tmp_path / 'other.sqlite'}\n")
    assert her2mri("room", "migrate", "--data", tmp_path)[0] == 0
    assert (tmp_path / "other.sqlite").exists()
    assert not (tmp_path / "room.sqlite").exists()


@pytest.mark.parametrize("name", ["nginx.conf", "compose.yaml", "Containerfile", "her2mri.service"])
def test_the_page_for_the_hospital_names_every_file(name):
    assert f"deploy/{name}" in (REPOSITORY / "docs" / "operation.md").read_text()
