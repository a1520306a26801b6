"""What fits which machine, as packaging says, and what the doctor says of a class kit."""

import sys

import pytest
from packaging import tags
from packaging.markers import Marker

from course import bootstrap, kit
from course.doctor import setup
from course.doctor.finding import BAD, OK, WARNING
from course.kit import Machine

LINUX = Machine((3, 12, 4), "linux", "linux-x86_64", (2, 36))
MAC = Machine((3, 13, 0), "darwin", "macosx-11.0-arm64", (14, 5))
LOCK = """\
flask==3.1.2 \\
    --hash=sha256:00
psycopg[binary]==3.3.0 \\
    --hash=sha256:00
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:00
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:00
pywin32==312 ; sys_platform == 'win32' \\
    --hash=sha256:00
"""
NUMPY = "numpy-2.5.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl"
WHOLE = ["flask-3.1.2-py3-none-any.whl", "psycopg-3.3.0-py3-none-any.whl", NUMPY]


def test_everything_that_this_python_installs_fits():
    here = kit.machine(sys.executable)
    for tag in tags.sys_tags():
        if "musllinux" not in tag.platform:
            assert kit.fits(f"x-1-{tag}.whl", here), tag


@pytest.mark.parametrize(
    ("name", "linux", "mac"),
    [
        ("x-1-py3-none-any.whl", True, True),
        ("x-1-py2.py3-none-any.whl", True, True),
        ("x-1-py2-none-any.whl", False, False),
        ("x-1-2build-py3-none-any.whl", True, True),
        ("x-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", True, False),
        ("x-1-cp312-cp312-manylinux2014_x86_64.whl", True, False),
        ("x-1-cp312-cp312-manylinux_2_39_x86_64.whl", False, False),
        ("x-1-cp312-cp312-manylinux_2_17_aarch64.whl", False, False),
        ("x-1-cp312-cp312-musllinux_1_2_x86_64.whl", False, False),
        ("x-1-cp311-cp311-manylinux_2_17_x86_64.whl", False, False),
        ("x-1-cp310-abi3-manylinux_2_17_x86_64.whl", True, False),
        ("x-1-cp313-abi3-manylinux_2_17_x86_64.whl", False, False),
        ("x-1-py3-none-manylinux_2_28_x86_64.whl", True, False),
        ("x-1-cp313-cp313-macosx_11_0_arm64.whl", False, True),
        ("x-1-cp313-cp313-macosx_10_13_universal2.whl", False, True),
        ("x-1-cp313-cp313-macosx_15_0_arm64.whl", False, False),
        ("x-1-cp313-cp313-macosx_10_13_x86_64.whl", False, False),
        ("x-1-cp313-cp313t-macosx_11_0_arm64.whl", False, False),
        ("x-1-cp312-cp312-win_amd64.whl", False, False),
    ],
)
def test_a_wheel_fits_the_machines_that_it_was_built_for(name, linux, mac):
    assert (kit.fits(name, LINUX), kit.fits(name, MAC)) == (linux, mac)


def test_the_markers_of_the_lock_are_read_as_pip_reads_them():
    here = kit.machine(sys.executable)
    with open(bootstrap.LOCK) as file:
        markers = {line.split(" ; ")[1].rstrip(" \\\n") for line in file if " ; " in line}
    assert len(markers) > 5
    for marker in markers:
        for minor in range(11, 15):
            for patch in (0, 3, 5, 12):
                version = f"3.{minor}.{patch}"
                machine = here._replace(version=(3, minor, patch))
                expected = Marker(marker).evaluate({"python_full_version": version})
                assert kit.applies(marker, machine) == expected, (marker, version)


def test_a_kit_lacks_what_no_wheel_of_it_provides():
    assert kit.missing(WHOLE, LINUX, LOCK) == []
    assert kit.missing(WHOLE[1:], LINUX, LOCK) == ["flask 3.1.2"]
    assert kit.missing(WHOLE, MAC, LOCK) == ["numpy 2.5.5"]
    older = ["flask-3.1.1-py3-none-any.whl", *WHOLE[1:]]
    assert kit.missing(older, LINUX, LOCK) == ["flask 3.1.2"]


def test_a_kit_for_another_python_is_a_problem_until_it_is_the_right_one(monkeypatch, tmp_path):
    here = kit.machine(sys.executable)
    minor = here.version[1]
    (tmp_path / "requirements.txt").write_text("numpy==2.5.5 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(bootstrap, "LOCK", str(tmp_path / "requirements.txt"))
    monkeypatch.setattr(bootstrap, "find_python", lambda: sys.executable)
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    monkeypatch.setattr(kit, "WHEELS", str(tmp_path / "wheels"))
    assert (setup.wheels().status, setup.wheels().what) == (
        OK,
        "no class kit here: packages come over the network",
    )

    (tmp_path / "wheels").mkdir()
    assert setup.wheels().status == BAD
    (tmp_path / "wheels" / "numpy-2.5.5-cp399-cp399-manylinux_2_17_x86_64.whl").touch()
    finding = setup.wheels()
    assert finding.status == BAD
    assert finding.what.startswith(f"the class kit lacks 1 of the packages for Python 3.{minor} on")
    assert "it was made for Python 3.99 on linux-x86_64: " in finding.remedy
    # What is installed already goes on working.
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    assert setup.wheels().status == WARNING

    platform = next(tags.platform_tags())
    (tmp_path / "wheels" / f"numpy-2.5.5-cp3{minor}-cp3{minor}-{platform}.whl").touch()
    assert setup.wheels().status == OK
