"""The seed (初始数据): accounts, templates, people and words, read strictly from one JSON document."""

from typing import Any

from sandbox.wechat.apps import App, PushFormat, PushMode, PushTarget
from sandbox.wechat.documents import BadDocument, Fields
from sandbox.wechat.errcodes import Errcode
from sandbox.wechat.quotas import Limit
from sandbox.wechat.templates import Template, TemplateKind
from sandbox.wechat.users import RealName, User
from sandbox.wechat.words import OTHER_LABEL, SensitiveWord, Suggest
from sandbox.wechat.world import World

AES_KEY_LENGTH = 43


def plant(world: World, document: Any) -> None:
    """Add what a seed describes, replacing accounts and people of the same id; raises BadDocument."""
    fields = Fields(document, "seed")
    apps = [_app(app) for app in fields.each("apps")]
    known = {**world.apps, **{app.appid: app for app in apps}}
    default = next(iter(known), None)
    users = [_user(user, default, known) for user in fields.each("users")]
    words = [_word(word) for word in fields.take("words", list, [])]
    rng_seed = fields.find("rng_seed", int)
    fields.finish()
    world.apps.update(known)
    world.users.update({user.openid: user for user in users})
    world.words += tuple(words)
    if rng_seed is not None:
        world.chance.reseed(rng_seed)


def plant_users(world: World, document: Any) -> list[User]:
    """Add people, one or `{"users": [...]}`; raises BadDocument."""
    entries = document["users"] if isinstance(document, dict) and "users" in document else [document]
    default = next(iter(world.apps), None)
    users = [_user(Fields(entry, "user"), default, world.apps) for entry in entries]
    world.users.update({user.openid: user for user in users})
    return users


def _app(fields: Fields) -> App:
    push = fields.part("push")
    app = App(
        appid=fields.need("appid", str),
        secret=fields.need("secret", str),
        ip_whitelist=frozenset(fields.texts("ip_whitelist")),
        pages=frozenset(fields.texts("pages")),
        pay_enabled=fields.flag("pay_enabled"),
        frozen=fields.flag("frozen"),
        push=_push(push) if push is not None else None,
        templates={template.id: template for template in map(_template, fields.each("templates"))},
        limits=_limits(fields.part("limits")),
        wrong_secret_errcode=fields.take("wrong_secret_errcode", Errcode, Errcode.INVALID_APPSECRET),
        expired_token_errcode=fields.take("expired_token_errcode", Errcode, Errcode.TOKEN_EXPIRED),
    )
    fields.finish()
    return app


def _push(fields: Fields) -> PushTarget:
    previous = fields.find("prev_aes_key", str)
    target = PushTarget(
        url=fields.need("url", str),
        token=fields.need("token", str),
        aes_key=_aes_key(fields.need("aes_key", str)),
        original_id=fields.need("appid_name", str),
        prev_aes_key=_aes_key(previous) if previous is not None else None,
        mode=fields.take("mode", PushMode, PushMode.SECURE),
        format=fields.take("format", PushFormat, PushFormat.JSON),
        timeout=fields.take("timeout", float, 5.0),
        max_attempts=fields.take("max_attempts", int, 4),
    )
    fields.finish()
    return target


def _aes_key(text: str) -> str:
    if not (len(text) == AES_KEY_LENGTH and text.isalnum() and text.isascii()):
        raise BadDocument("an EncodingAESKey has 43 letters and digits")
    return text


def _template(fields: Fields) -> Template:
    enums = fields.take("enums", dict, {})
    template = Template(
        id=fields.need("id", str),
        title=fields.need("title", str),
        kind=fields.need("type", TemplateKind),
        content=fields.need("content", str),
        enums={str(key): [str(value) for value in values] for key, values in enums.items()},
        banned=fields.flag("banned"),
    )
    fields.finish()
    if not template.keys:
        raise BadDocument(f"template {template.id} has no {{{{key.DATA}}}} in its content")
    return template


def _limits(fields: Fields | None) -> dict[str, Limit]:
    if fields is None:
        return {}
    return {path: _limit(part) for path, part in fields.parts()}


def _limit(fields: Fields) -> Limit:
    limit = Limit(daily=fields.take("daily", int, Limit().daily), minute=fields.find("minute", int))
    fields.finish()
    return limit


def _user(fields: Fields, default: str | None, apps: dict[str, App]) -> User:
    real_name = fields.part("real_name")
    appid = fields.find("appid", str) or default
    if appid is None or appid not in apps:
        raise BadDocument("a user needs an app that is seeded before")
    user = User(
        openid=fields.need("openid", str),
        appid=appid,
        unionid=fields.find("unionid", str),
        phone=fields.find("phone", str),
        real_name=_real_name(real_name) if real_name is not None else None,
        risk_blocked=fields.flag("risk_blocked"),
    )
    fields.finish()
    return user


def _real_name(fields: Fields) -> RealName:
    real_name = RealName(name=fields.need("name", str), id_number=fields.need("id_number", str))
    fields.finish()
    return real_name


def _word(given: Any) -> SensitiveWord:
    if isinstance(given, str) and given:
        return SensitiveWord(given)
    fields = Fields(given, "seed.words")
    word = SensitiveWord(
        fields.need("word", str),
        fields.take("suggest", Suggest, Suggest.RISKY),
        fields.take("label", int, OTHER_LABEL),
    )
    fields.finish()
    return word
