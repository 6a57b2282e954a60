"""Where things run and who the demo people are, as the launcher wrote it down."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses and people of the running system."""

    api: str
    wechat_control: str
    people: dict[str, dict[str, Any]]
    officers: dict[str, dict[str, Any]]

    @classmethod
    def read(cls) -> "Places":
        """Read `var/addresses.json` and `var/demo.json`; raises FileNotFoundError where nothing runs."""
        var = Path(os.environ.get("VAR_DIR", "var"))
        addresses = json.loads((var / "addresses.json").read_text(encoding="utf-8"))
        demo = json.loads((var / "demo.json").read_text(encoding="utf-8"))
        return cls(
            api=addresses["api"],
            wechat_control=addresses["wechat_control"],
            people={person["key"]: person for person in demo["people"]},
            officers={officer["username"]: officer for officer in demo["officers"]},
        )
