"""Refusals of operations."""

from app.foundation.errors import Forbidden, InvalidInput


class OutsideScope(Forbidden):
    """The numbers asked for belong to another region or department."""

    code = "operations.outside_scope"
    message = "只能查看本地区、本部门的运行数据"


class PeriodReversed(InvalidInput):
    """The period ends before it begins, or is longer than a year."""

    code = "operations.period"
    message = "请检查日期：结束日期不能早于开始日期，最长一年"
