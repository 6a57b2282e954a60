"""What the schemas' library says of a field, in the words of whoever fills it in: its own are English."""

import re
from typing import Final

HAN = re.compile("[\u4e00-\u9fff]")
UNTOLD = "填写的内容不符合要求"
_SAID: Final = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (r"Missing data for required field\.", "必填，请补上"),
        (r"Field may not be null\.", "不能为空"),
        (r"Unknown field\.", "没有这一项，请更新小程序后再试"),
        (r"Invalid input type\.|Invalid type\.|Not a valid mapping type\.", "格式不对，这里应是一组内容"),
        (r"Not a valid list\.", "格式不对，这里应是列表"),
        (r"Not a valid string\.|Not a valid utf-8 string\.", "请填写文字"),
        (r"Not a valid UUID\.", "编号不对，请返回上一页重新进入"),
        (r"Not a valid integer\.", "请填写整数"),
        (r"Not a valid number\.|Number too large\.|Special numeric values .*", "请填写数字"),
        (r"Not a valid boolean\.", "请填写是或否"),
        (r"Not a valid (?:naive |aware )?date\.", "日期写成 2026-01-01 的样子"),
        (r"Not a valid (?:naive |aware )?time\.", "时间写成 21:30 的样子"),
        (r"Not a valid (?:naive |aware )?datetime\.", "时间写成 2026-01-01T08:00:00+08:00 的样子"),
        (r"Must be one of: (.*)\.", r"只能是其中之一：\1"),
        (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.", r"应在\1到\2之间"),
        (r"Must be greater than or equal to (\S+)\.", r"不能小于\1"),
        (r"Must be less than or equal to (\S+)\.", r"不能大于\1"),
        (r"Shorter than minimum length 1\.", "不能为空"),
        (r"Shorter than minimum length (\d+)\.", r"至少\1个（字）"),
        (r"Longer than maximum length (\d+)\.", r"最多\1个（字）"),
        (r"Length must be between (\d+) and (\d+)\.", r"应为\1到\2个（字）"),
        (r"Length must be (\d+)\.", r"应为\1个（字）"),
        (r"String does not match expected pattern\.", "格式不对，请按提示修改"),
    )
)


def in_chinese(text: str) -> str:
    """Return a message in Chinese; our own are already."""
    if HAN.search(text):
        return text
    for pattern, chinese in _SAID:
        if (found := pattern.fullmatch(text)) is not None:
            return found.expand(chinese)
    return UNTOLD
