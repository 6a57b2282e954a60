"""What a demonstration needs: secrets of this installation, officers, WeChat users and templates."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
from typing import TYPE_CHECKING, Any

import yaml

from launcher.errors import LaunchError
from launcher.keeping import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_ALPHANUMERIC = string.ascii_letters + string.digits
_AES_KEY_LENGTH = 43
_WHOLE_BYTES = "AEIMQUYcgkosw048"  # last characters whose spare bits are zero, so that strict decoders agree
_TEMPLATE_TYPES = {"one_time": 2, "long_term": 3}  # the numbers of WeChat's gettemplate


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _word(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


_MAKERS: dict[str, Callable[[], str]] = {
    "WECHAT_APP_ID": lambda: "wx" + secrets.token_hex(8),
    "WECHAT_APP_SECRET": lambda: secrets.token_hex(16),
    "WECHAT_PUSH_TOKEN": lambda: _word(32),
    "WECHAT_PUSH_AES_KEY": lambda: _word(_AES_KEY_LENGTH - 1) + secrets.choice(_WHOLE_BYTES),
    "REGISTRIES_KEY": lambda: secrets.token_hex(32),
    "FIELD_KEYS": lambda: f"1:{_key()}",
    "INDEX_KEY": _key,
}


def settle_secrets(path: Path) -> dict[str, str]:
    """Return the settings that are secret here, by their environment names; made once, then reused."""
    kept = read_json(path)
    complete = {name: kept.get(name) or make() for name, make in _MAKERS.items()}
    if complete != {name: kept.get(name) for name in _MAKERS}:
        write_json(path, kept | complete)
    return complete


def person_key(secret: Mapping[str, str]) -> str:
    """Return the key under which our product and a data platform call people by the same index (base64).

    The index key bound to the column of ID numbers: the platform needs it, and never the index key itself.
    """
    key = base64.b64decode(secret["INDEX_KEY"])
    return base64.b64encode(hmac.digest(key, b"identity_account.id_number", "sha256")).decode()


def settle_officers(roster: Path, path: Path) -> list[dict[str, Any]]:
    """Return the officers of `roster`, each with a password and a TOTP secret (base32) made once."""
    kept = read_json(path)
    credentials: dict[str, dict[str, str]] = dict(kept.get("officers", {}))
    officers = _list_of(_yaml(roster), "officers", roster)
    for officer in officers:
        if officer["username"] not in credentials:
            credentials[officer["username"]] = {
                "password": secrets.token_urlsafe(15),
                "totp_secret": base64.b32encode(secrets.token_bytes(20)).decode(),
            }
    if credentials != kept.get("officers"):
        write_json(path, kept | {"officers": credentials})
    return [officer | credentials[officer["username"]] for officer in officers]


def template_ids(notifications: Path) -> dict[str, str]:
    """Return WeChat's template id of every key of config/notifications.yaml, the same on every run."""
    return {key: _template_id(key) for key in _yaml(notifications).get("templates", {})}


def wechat_seed(
    *, notifications: Path, people: Path, secret: Mapping[str, str], push_url: str
) -> dict[str, Any]:
    """Return what the WeChat sandbox starts with: our account, its templates and pages, the demo people."""
    templates: dict[str, dict[str, Any]] = _yaml(notifications).get("templates", {})
    pages = {"pages/index/index", *(template["page"] for template in templates.values())}
    pages |= {one["page"] for template in templates.values() for one in template.get("variants", {}).values()}
    pages |= {template["digest"]["page"] for template in templates.values() if "digest" in template}
    app_id = secret["WECHAT_APP_ID"]
    push = {
        "url": push_url,
        "token": secret["WECHAT_PUSH_TOKEN"],
        "aes_key": secret["WECHAT_PUSH_AES_KEY"],
        "appid_name": "gh_" + app_id.removeprefix("wx")[:12],
        "mode": "secure",
        "format": "json",
    }
    account = {
        "appid": app_id,
        "secret": secret["WECHAT_APP_SECRET"],
        "pages": sorted(pages),
        "push": push,
        "templates": [_template(key, template) for key, template in templates.items()],
    }
    return {"apps": [account], "users": [_user(person, app_id) for person in demo_people(people)]}


def demo_people(path: Path) -> list[dict[str, Any]]:
    """Return the people of the registry sandbox who hold a phone (they have an openid)."""
    return [person for person in _list_of(_yaml(path), "people", path) if person.get("openid")]


def demo_sheet(*, people: Path, officers: Sequence[Mapping[str, Any]], app_id: str) -> dict[str, Any]:
    """Return what var/demo.json says, so that scripts and newcomers need not guess."""
    person_keys = ("key", "openid", "name", "id_number", "phone", "subscription_credit")
    enterprise_keys = ("key", "name", "uscc", "representative")
    return {
        "wechat_app_id": app_id,
        "people": [_sheet_entry(person, person_keys) for person in demo_people(people)],
        "enterprises": [
            _sheet_entry(enterprise, enterprise_keys) for enterprise in _yaml(people).get("enterprises", [])
        ],
        "officers": [dict(officer) for officer in officers],
    }


def _sheet_entry(record: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: record[key] for key in keys if key in record} | {"about": record.get("shows", "")}


def _template_id(key: str) -> str:
    digest = hashlib.sha256(f"zhangshangban/{key}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_AES_KEY_LENGTH]


def _template(key: str, template: Mapping[str, Any]) -> dict[str, Any]:
    lines = [f"{field['label']}:{{{{{name}.DATA}}}}" for name, field in template["fields"].items()]
    return {
        "id": _template_id(key),
        "title": template["title"],
        "type": _TEMPLATE_TYPES[template["type"]],
        "content": "\n".join(lines),
    }


def _user(person: Mapping[str, Any], app_id: str) -> dict[str, Any]:
    return {
        "openid": person["openid"],
        "appid": app_id,
        "phone": person.get("phone"),
        "real_name": {"name": person["name"], "id_number": person["id_number"]},
    }


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise LaunchError(f"{path} 读不出来：{error}", f"{path} cannot be read") from None
    if not isinstance(content, dict):
        raise LaunchError(f"{path} 的内容不对", f"{path} does not hold a mapping")
    return content


def _list_of(content: dict[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    found = content.get(key)
    if not isinstance(found, list):
        raise LaunchError(f"{path} 里没有 {key}", f"{path} has no list {key}")
    return [dict(entry) for entry in found]
