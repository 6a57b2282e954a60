"""Why a file is not taken, each with a sentence that says what to do instead."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a file is not taken; stable, kept with the upload."""

    KIND = "kind"
    DAMAGED = "damaged"
    PIXELS = "pixels"
    ANIMATED = "animated"
    PAGES = "pages"
    ENCRYPTED = "encrypted"
    SCRIPT = "script"
    ATTACHMENT = "attachment"
    POLYGLOT = "polyglot"
    BOMB = "bomb"
    NAMES = "names"
    DEMANDING = "demanding"
    VIRUS = "virus"


SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.KIND: "只能上传 JPG、PNG、WEBP 图片，或 PDF、OFD 文件，请换一个文件",
    Reason.DAMAGED: "文件已损坏或不完整，打不开，请重新拍照或重新导出后再上传",
    Reason.PIXELS: "图片太大（超过4000万像素），请缩小后再上传",
    Reason.ANIMATED: "不支持动图，请上传静态图片",
    Reason.PAGES: "文件超过200页，请拆分后分别上传",
    Reason.ENCRYPTED: "文件设有密码，请去掉密码后再上传",
    Reason.SCRIPT: "文件里含有脚本或自动执行的内容，请另存为普通文件后再上传",
    Reason.ATTACHMENT: "文件里夹带了其他附件，请去掉附件，或把附件单独上传",
    Reason.POLYGLOT: "文件里夹带了其他类型的内容，请重新导出后再上传",
    Reason.BOMB: "文件展开后太大，请重新导出后再上传",
    Reason.NAMES: "文件内部的结构不正常，请重新导出后再上传",
    Reason.DEMANDING: "文件太复杂，处理时超出了限制，请重新导出或改为拍照后再上传",
    Reason.VIRUS: "文件没有通过安全检查，已删除，请检查您的设备，换一个文件上传",
}


class Refused(Exception):
    """The content is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
