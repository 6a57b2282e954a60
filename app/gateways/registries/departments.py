"""The departments that can be asked (部门), and which of them answers for a source in config/facts.yaml."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Department(StrEnum):
    """A department, by its name in the sharing interface's addresses."""

    PUBLIC_SECURITY = "public_security"
    CIVIL_AFFAIRS = "civil_affairs"
    DISABLED_FEDERATION = "disabled_federation"
    HUMAN_RESOURCES = "human_resources"
    HEALTH = "health"
    EDUCATION = "education"
    HOUSING = "housing"
    TAXATION = "taxation"
    MARKET_REGULATION = "market_regulation"
    MEDICAL_INSURANCE = "medical_insurance"
    VETERANS = "veterans"
    CENTRAL_BANK = "central_bank"
    CERTIFICATES = "certificates"
    """Not a department: the electronic certificate library (电子证照库), which is asked like one."""


BY_SOURCE: Final[Mapping[str, Department]] = {
    "公安": Department.PUBLIC_SECURITY,
    "民政": Department.CIVIL_AFFAIRS,
    "残联": Department.DISABLED_FEDERATION,
    "人社": Department.HUMAN_RESOURCES,
    "卫健": Department.HEALTH,
    "教育": Department.EDUCATION,
    "住建": Department.HOUSING,
    "自然资源": Department.HOUSING,
    "税务": Department.TAXATION,
    "市监": Department.MARKET_REGULATION,
    "工信": Department.MARKET_REGULATION,
    "科技": Department.MARKET_REGULATION,
    "医保": Department.MEDICAL_INSURANCE,
    "退役军人": Department.VETERANS,
    "人民银行": Department.CENTRAL_BANK,
}
"""Source in config/facts.yaml → who is asked; 本人声明 is nobody's."""
