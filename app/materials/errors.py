"""Refusals of uploads and files, each with the next step."""

from app.foundation.errors import InvalidInput, NotFound, RuleViolation, Unavailable
from app.materials.parsing.refusals import SENTENCES, Reason


class UploadNotFound(NotFound):
    """No such upload, or not yours."""

    code = "materials.upload_not_found"
    message = "没有找到这个文件，请重新上传"


class FileNotFound(NotFound):
    """No such file, not yours to see, or not looked through yet."""

    code = "materials.file_not_found"
    message = "没有找到这个文件，或暂时不能查看，请返回上一页再试"


class LinkExpired(NotFound):
    """A link that is over, was made for somebody else, or not by us."""

    code = "materials.link_expired"
    message = "链接已失效，请返回上一页重新打开"


class OffsetDiffers(RuleViolation):
    """The piece does not go on where the upload stands; HEAD tells where that is."""

    code = "materials.offset_differs"
    message = "上传进度与服务器不一致，请从服务器给出的位置继续上传"


class PieceUnfit(InvalidInput):
    """A piece is empty, too small or reaches beyond the size that was announced."""

    code = "materials.piece_unfit"


class NotReceiving(RuleViolation):
    """The upload is over: complete, refused or expired."""

    code = "materials.not_receiving"
    message = "这个文件已经上传完或已失效，不能继续上传"


class Incomplete(RuleViolation):
    """Some of it has not arrived."""

    code = "materials.incomplete"
    message = "文件还没有传完，请从服务器给出的位置继续上传"


class ChecksumDiffers(InvalidInput):
    """What arrived is not what was announced; the upload begins anew."""

    code = "materials.checksum_differs"
    message = "文件在传输中损坏，请重新上传"

    def __init__(self) -> None:
        super().__init__({"sha256": [self.message]})


class ContentRefused(InvalidInput):
    """The content is not taken; the sentence says why and what to do."""

    code = "materials.content_refused"

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__({"content": [SENTENCES[reason]]}, SENTENCES[reason])


class QuotaUsedUp(RuleViolation):
    """One person's files are as much as they may be."""

    code = "materials.quota_used_up"
    message = "您上传的文件已达到200MB，请先删除不需要的文件再上传"


class StillNeeded(RuleViolation):
    """A case needs the file."""

    code = "materials.still_needed"
    message = "这个文件正用于您的办件，不能删除；如需更换，请在办件中重新选择"


class InspectionBusy(Unavailable):
    """Every seat is taken."""

    code = "materials.inspection_busy"
    message = "现在上传的人较多，您的文件已收到，请稍后点“完成”再试"


class NoWatermarkOnOfd(InvalidInput):
    """A copy of an identity paper carries a watermark, which cannot be laid on OFD."""

    code = "materials.no_watermark_on_ofd"
    message = "证件的复印件要加“仅用于办理”水印，请上传图片或PDF"

    def __init__(self) -> None:
        super().__init__({"uploads": [self.message]})
