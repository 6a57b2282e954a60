import re
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.sources import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([a-z0-9, _-]+)\])?==", re.MULTILINE)


def _pins(file):
    found = PIN.findall((ROOT / file).read_text())
    return {
        canonicalize_name(name): {canonicalize_name(extra) for extra in extras.split(",") if extra.strip()}
        for name, extras in found
    }


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-spark.txt"])
def test_a_pin_names_every_extra_that_others_ask_of_it(file):
    """An older pip looks for the newest `name[extra]` first and refuses it for not being the pinned one."""
    pins = _pins(file)
    missing = {
        (name, wanted.name, extra)
        for name in pins
        for line in _required(name)
        if (wanted := Requirement(line)).extras
        and (wanted.marker is None or wanted.marker.evaluate({"extra": ""}))
        and canonicalize_name(wanted.name) in pins
        for extra in map(canonicalize_name, wanted.extras)
        if extra not in pins[canonicalize_name(wanted.name)]
    }
    assert missing == set()


def _required(name):
    try:
        return requires(name) or []
    except ModuleNotFoundError:  # pinned for another system
        return []
