import shutil

import pytest

from tests.miniprogram.lint import lint
from tests.miniprogram.phone import CLIENT

HOME = "pages/home/index"
SEEDED = {
    "broken JSON": ("app.json", '"pages": [', '"pages": [,', "JSON 有误"),
    "a page that is not there": ("app.json", f'"{HOME}",', f'"{HOME}", "pages/gone/index",', "没有这个文件"),
    "a component that is not there": (
        "app.json",
        "/components/card/card",
        "/components/gone/card",
        "没有文件",
    ),
    "a component that does not say so": ("components/card/card.json", '"component": true,', "", "component"),
    "a require that is not there": (f"{HOME}.js", "services/api'", "services/gone'", "不存在"),
    "a third-party package": (f"{HOME}.js", "'../../services/api'", "'dayjs'", "第三方"),
    "a tag closed by another": (f"{HOME}.wxml", "</card>", "</view>", "对不上"),
    "a tag never closed": (f"{HOME}.wxml", '<view class="tiles">', '<view><view class="tiles">', "没有结束"),
    "an unknown tag": (f"{HOME}.wxml", '<view class="tiles">', '<div/><view class="tiles">', "没有 <div>"),
    "a handler without a method": (f"{HOME}.wxml", 'bindtap="refresh"', 'bindtap="refrsh"', "refrsh"),
    "half an expression": (f"{HOME}.wxml", "{{told}}</view>", "{{told}</view>", "读不懂"),
    "half an expression in an attribute": (f"{HOME}.wxml", 'wx:if="{{ready}}"', 'wx:if="{{ready}"', "不成对"),
    "a tap that cannot be heard": (
        f"{HOME}.wxml",
        'aria-label="请各部门更新我的信息" ',
        "",
        "没有 aria-label",
    ),
    "an input that cannot be heard": (
        "pages/services/index.wxml",
        'aria-label="想办什么，写在这里" ',
        "",
        "读屏",
    ),
    "a list without keys": (f"{HOME}.wxml", ' wx:key="id"', "", "wx:key"),
    "the browser's window": (f"{HOME}.js", "wx.navigateTo(", "window.open(", "没有 window"),
    "the browser's document": (f"{HOME}.js", "wx.navigateTo(", "document.write(", "没有 document"),
    "a request past the one function": (f"{HOME}.js", "wx.navigateTo(", "wx.request(", "services/api.js"),
    "a prompt past the one place": (
        f"{HOME}.js",
        "wx.navigateTo(",
        "wx.requestSubscribeMessage(",
        "services/subscribe.js",
    ),
    "a pop-up": (f"{HOME}.js", "wx.navigateTo(", "wx.showModal(", "不弹窗"),
    "a method that WeChat cannot send": ("services/api.js", "'DELETE'", "'PATCH'", "PATCH"),
    "a secret": (
        "services/settings.js",
        "hotline: '12345'",
        "hotline: '0123456789abcdef0123456789abcdef'",
        "密钥",
    ),
    "a bracket too few": (f"{HOME}.js", "this.load()\n    },", "this.load(\n    },", "括号"),
    "a brace too few in a style": ("app.wxss", ".soft {", ".soft ", "花括号"),
    "a star selector": ("app.wxss", ".soft {", "* {", "选择器"),
    "an import that is not there": (
        "app.wxss",
        ".soft {",
        '@import "gone.wxss";\n.soft {',
        "@import",
    ),
    "a colour outside app.wxss": ("components/card/card.wxss", "var(--paper)", "#eeeeee", "颜色"),
}


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(CLIENT, tmp_path / "client")


def test_the_mini_program_has_no_fault():
    assert [str(finding) for finding in lint(CLIENT)] == []


@pytest.mark.parametrize("seed", SEEDED.values(), ids=SEEDED)
def test_a_seeded_fault_is_found(copy, seed):
    path, before, after, told = seed
    text = (copy / path).read_text(encoding="utf-8")
    assert before in text, "the seed no longer fits the client"
    (copy / path).write_text(text.replace(before, after, 1), encoding="utf-8")
    findings = [str(finding) for finding in lint(copy)]
    assert any(told in finding for finding in findings), findings


def test_a_package_over_two_megabytes_is_found(copy):
    (copy / "big.txt").write_bytes(b"0" * (2 * 1024 * 1024))
    assert any("2 MB" in str(finding) for finding in lint(copy))
