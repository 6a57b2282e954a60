"""Refusals of deliveries; each is written into the delivery's row, and nothing of it is applied."""

from app.foundation.errors import DomainError, NotFound


class DeliveryNotFound(NotFound):
    """No such delivery."""

    code = "delivery.not_found"
    message = "没有这次交付"


class DeliveryRefused(DomainError):
    """A delivery that must not be applied."""

    code = "delivery.refused"
    message = "这次交付不能使用"


class ManifestMissing(DeliveryRefused):
    """The folder of a day has no manifest, and is not being written any more."""

    code = "delivery.no_manifest"
    message = "这一天的文件夹里没有清单 manifest.json，交付没有写完，请数据平台重新交付"


class DayInFuture(DeliveryRefused):
    """A delivery of a day that has not come."""

    code = "delivery.future_day"
    message = "交付的日期还没有到，请数据平台核对日期后重新交付"


class DayOver(DeliveryRefused):
    """A delivery older than the last one applied."""

    code = "delivery.older"
    message = "已经处理过更新的交付，这一天的不再使用"


class SecondOfADay(DeliveryRefused):
    """Another delivery of the same day was taken already."""

    code = "delivery.second_of_a_day"
    message = "这一天的交付已经处理过，内容又变了：请数据平台按第二天的日期交付更正后的数据"


class ForeignColumn(DeliveryRefused):
    """A column that is no fact of the catalogue: a name, a number in clear."""

    code = "delivery.foreign_column"


class ForeignValue(DeliveryRefused):
    """A value that the catalogue does not know for its fact."""

    code = "delivery.foreign_value"


class ForeignRegion(DeliveryRefused):
    """A region that is not in the tree."""

    code = "delivery.foreign_region"


class PersonTwice(DeliveryRefused):
    """Somebody stands in the delivery twice."""

    code = "delivery.person_twice"
    message = "同一个人在交付里出现了两次，请数据平台去重后重新交付"


class TooFew(DeliveryRefused):
    """Far fewer people than last time: more likely half a delivery than a deserted province."""

    code = "delivery.too_few"


class LastResultGone(DeliveryRefused):
    """What the last delivery was found to be cannot be read, so there is nothing to compare with."""

    code = "delivery.last_result_gone"
    message = "上一次交付的匹配结果缺失或损坏，无法比较；请从备份恢复结果文件夹后再处理"
