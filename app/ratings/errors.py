"""Refusals of ratings, each with the next step."""

from app.foundation.errors import InvalidInput, NotFound, RuleViolation


class TooEarly(RuleViolation):
    """A stage is rated when it is over, not before (R1: rate after the result)."""

    code = "rating.too_early"
    message = "这个环节还没有结束，结束后再来评价"


class AlreadyRated(RuleViolation):
    """一事一评: once per stage."""

    code = "rating.already_given"
    message = "您已经评价过这个环节，感谢您的评价"


class UnknownTags(InvalidInput):
    """Reasons that are not offered for this level."""

    code = "rating.unknown_tags"
    message = "请从给出的评价原因中选择"


class RatingNotFound(NotFound):
    """No such rating within the officer's department and region, or none that is followed up."""

    code = "rating.not_found"
    message = "没有找到这条评价，或不在您的处理范围内"


class AlreadyRectified(RuleViolation):
    """Somebody has answered it."""

    code = "rating.already_rectified"
    message = "这条差评已经整改回复，无需重复处理"
