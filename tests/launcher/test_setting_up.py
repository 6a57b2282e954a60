"""What is made before anything runs: ports, secrets, officers, the sandbox's seed, the environment."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from config.settings import Settings
from launcher.demo import demo_sheet, settle_officers, settle_secrets, template_ids, wechat_seed
from launcher.errors import LaunchError
from launcher.keeping import choose_ports, read_json, write_json
from launcher.plan import NOTIFICATIONS, PEOPLE, Premises, app_environment, whole_system

ROOT = Path(__file__).parents[2]


def test_secrets_and_passwords_are_made_once_and_fit_what_reads_them(tmp_path):
    path = tmp_path / "secrets.json"
    secret = settle_secrets(path)
    officers = settle_officers(ROOT / "launcher" / "officers.yaml", path)

    assert settle_secrets(path) == secret
    assert settle_officers(ROOT / "launcher" / "officers.yaml", path) == officers
    assert len(base64.b64decode(secret["WECHAT_PUSH_AES_KEY"] + "=", validate=True)) == 32
    assert (
        base64.b64encode(base64.b64decode(secret["WECHAT_PUSH_AES_KEY"] + "=")).decode()[:43]
        == secret["WECHAT_PUSH_AES_KEY"]
    )
    assert len(base64.b64decode(secret["FIELD_KEYS"].removeprefix("1:"))) == 32
    assert len(base64.b64decode(secret["INDEX_KEY"])) == 32
    assert len({officer["totp_secret"] for officer in officers}) == len(officers)


def test_a_policy_is_written_and_approved_by_two_different_officers(tmp_path):
    officers = settle_officers(ROOT / "launcher" / "officers.yaml", tmp_path / "secrets.json")
    by_role = {
        role: {o["username"] for o in officers if role in o["roles"]}
        for role in ("policy_author", "policy_approver")
    }

    assert by_role["policy_author"]
    assert by_role["policy_approver"] - by_role["policy_author"]


def test_the_sandbox_knows_every_template_page_and_person_of_ours(tmp_path):
    seed = wechat_seed(
        notifications=ROOT / NOTIFICATIONS,
        people=ROOT / PEOPLE,
        secret=settle_secrets(tmp_path / "secrets.json"),
        push_url="http://127.0.0.1:1/api/v1/wechat/callback",
    )

    [account] = seed["apps"]
    ids = template_ids(ROOT / NOTIFICATIONS)
    assert {template["id"] for template in account["templates"]} == set(ids.values())
    assert all(
        "{{" in template["content"] and template["type"] in {2, 3} for template in account["templates"]
    )
    sheet = demo_sheet(people=ROOT / PEOPLE, officers=[], app_id="wx")
    assert [user["openid"] for user in seed["users"]] == [person["openid"] for person in sheet["people"]]


def test_a_damaged_file_is_named_and_not_overwritten(tmp_path):
    (tmp_path / "ports.json").write_text("{")

    with pytest.raises(LaunchError, match=r"ports\.json 已损坏"):
        choose_ports(tmp_path / "ports.json", wanted={})

    assert (tmp_path / "ports.json").read_text() == "{"


def test_ports_are_distinct_and_remembered(tmp_path):
    ports = choose_ports(tmp_path / "ports.json", wanted={})

    assert len(set(ports.values())) == len(ports)
    assert choose_ports(tmp_path / "ports.json", wanted={}) == ports


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write_json(tmp_path / "a.json", {"one": 1})

    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"one": object()})

    assert read_json(tmp_path / "a.json") == {"one": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_no_command_line_or_description_of_a_program_shows_a_secret_of_the_app(tmp_path):
    premises = _premises(tmp_path)
    secrets = {premises.secret[name] for name in ("WECHAT_APP_SECRET", "FIELD_KEYS", "INDEX_KEY")} | {
        "db-password"
    }

    shown = "".join(repr(program) for stage in whole_system(premises) for program in stage.programs)

    assert not [secret for secret in secrets if secret in shown]


def test_the_app_is_told_its_templates_and_never_uses_a_proxy_for_local_calls(tmp_path):
    environment = app_environment(_premises(tmp_path))

    assert json.loads(environment["WECHAT_TEMPLATES"]) == template_ids(ROOT / NOTIFICATIONS)
    assert environment["NO_PROXY"].startswith("127.0.0.1")
    assert environment["ENVIRONMENT"] == "demo"


def test_every_setting_that_the_app_requires_is_given(tmp_path):
    environment = app_environment(_premises(tmp_path))

    required = {name for name, field in Settings.model_fields.items() if field.is_required()}

    assert required <= {name.lower() for name in environment}


def test_a_machine_without_python_gets_one_sentence(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "cat", "cksum", "grep", "rm", "sleep"):
        (tools / tool).symlink_to(shutil.which(tool))

    answer = _environment_script(tmp_path, PATH=str(tools), PYTHON="")

    assert answer.returncode == 1
    [sentence] = answer.stderr.strip().splitlines()
    assert sentence.startswith("没有找到 Python 3.11 或更高版本")
    assert "was not found: install it" in sentence


def test_a_named_python_that_is_too_old_is_refused_by_name(tmp_path):
    old = tmp_path / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    answer = _environment_script(tmp_path, PYTHON=str(old))

    assert answer.returncode == 1
    assert "old python 不能用" in answer.stderr


def test_an_installed_environment_is_left_alone(tmp_path):
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "pip was called" >&2\nexit 3\n'
    )
    (venv / "bin" / "python").chmod(0o755)
    requirements = ROOT / "requirements.txt"
    with requirements.open("rb") as content:
        stamp = subprocess.run(["cksum"], stdin=content, capture_output=True, check=True).stdout
    (venv / ".installed-requirements.txt").write_bytes(stamp)
    assert _environment_script(tmp_path).returncode == 0

    (venv / ".installed-requirements.txt").write_text("something older")
    answer = _environment_script(tmp_path)

    assert answer.returncode == 1
    assert "安装依赖 (pip install) 失败" in answer.stderr


def _environment_script(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("sh"), "launcher/environment.sh", "requirements.txt"],
        env=os.environ | {"VENV": str(tmp_path / "venv")} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def _premises(tmp_path: Path) -> Premises:
    names = ("web", "wechat", "wechat_control", "registries", "clamd", "clamd_control")
    return Premises(
        root=ROOT,
        var=tmp_path,
        ports={name: 20_000 + index for index, name in enumerate(names)},
        secret=settle_secrets(tmp_path / "secrets.json"),
        templates=template_ids(ROOT / NOTIFICATIONS),
        officers=settle_officers(ROOT / "launcher" / "officers.yaml", tmp_path / "secrets.json"),
        database_url="postgresql+psycopg://app:db-password@127.0.0.1:1/postgres",
        redis_url="redis://:db-password@127.0.0.1:2/0",
    )
