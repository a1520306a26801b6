"""What the doctor says of a class kit's wheels."""

import json
import os
import shutil
import sys

from course import bootstrap
from course.doctor import setup
from course.doctor.finding import BAD, OK, WARNING


def test_a_kit_for_another_python_is_a_problem_until_it_is_the_right_one(monkeypatch, tmp_path):
    folder = tmp_path / "wheels"
    monkeypatch.setattr(bootstrap, "WHEELS", str(folder))
    monkeypatch.setattr(bootstrap, "candidates", lambda: [sys.executable])
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    here = bootstrap.this_platform()
    version = "{}.{}".format(*sys.version_info)

    def kit(targets) -> None:
        (folder / "kit.json").write_text(json.dumps({"commit": "x", "targets": targets}))

    finding = setup.wheels()
    assert (finding.status, finding.what) == (
        OK,
        "no class kit here: packages come over the network",
    )

    folder.mkdir()
    finding = setup.wheels()
    assert finding.status == BAD
    assert f"remove {folder} to set up over the network" in finding.remedy

    kit({"plan9-mips": {"3.99": ["a-1-py3-none-any.whl"]}})
    finding = setup.wheels()
    assert finding.status == BAD
    assert "This class kit is for plan9-mips with Python 3.99, this is" in finding.remedy
    # What is installed already goes on working.
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    assert setup.wheels().status == WARNING
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)

    kit({here: {version: ["a-1-py3-none-any.whl"]}})
    finding = setup.wheels()
    assert finding.status == BAD
    wheel = os.path.join("wheels", "a-1-py3-none-any.whl")
    assert finding.remedy == f"The class kit lacks {wheel}: unpack its archive again."

    # Each of the two remedies: the archive unpacked again, the wheels removed.
    (folder / "a-1-py3-none-any.whl").touch()
    finding = setup.wheels()
    assert (finding.status, finding.what) == (
        OK,
        f"the class kit has all packages for Python {version} on {here}",
    )
    shutil.rmtree(folder)
    assert setup.wheels().status == OK
