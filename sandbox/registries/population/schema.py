"""Which columns there are and of which type; a test holds them against the catalogue of facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """How a fact is stored, apart from codes."""

    BOOL = "bool"
    INT = "int"
    DECIMAL = "decimal"
    DATE = "date"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Codes:
    """A fact that is one of these codes; in a block it is the place of the code in `values`."""

    values: tuple[str, ...]

    def place(self, code: str) -> int:
        """Return the place of a code."""
        return self.values.index(code)


Columns = Mapping[str, Kind | Codes]
BOOL, INT, DECIMAL, DATE, REGION = Kind.BOOL, Kind.INT, Kind.DECIMAL, Kind.DATE, Kind.REGION

SEX: Final = Codes(("1", "2"))
NATIONALITY: Final = Codes(("CHN", "other"))
HUKOU_TYPE: Final = Codes(("urban", "rural"))
DISABILITY: Final = Codes(("visual", "hearing", "speech", "physical", "intellectual", "mental", "multiple"))
WORK: Final = Codes(("employed", "flexible", "self_employed", "unemployed", "student", "retired", "farmer"))
STAGE: Final = Codes((
    "none", "preschool", "primary", "junior", "senior", "vocational", "undergraduate", "graduate",
))  # fmt: skip
DEGREE: Final = Codes(("none", "college", "bachelor", "master", "doctor"))
VETERAN_TYPE: Final = Codes(("self_employed_soldier", "assigned", "retired", "demobilized"))
BUSINESS_KIND: Final = Codes(("individual_business", "enterprise", "cooperative", "none"))
STARTUP_GROUP: Final = Codes((
    "none", "registered_unemployed", "hard_to_employ", "veteran", "released_prisoner", "graduate",
    "overcapacity_worker", "returning_migrant", "online_merchant", "poverty_relieved", "rural_self_employed",
))  # fmt: skip
ENT_KIND: Final = Codes(("enterprise", "individual_business", "social_org", "cooperative"))
ENT_SIZE: Final = Codes(("large", "medium", "small", "micro"))
VAT_KIND: Final = Codes(("small", "general"))
CERT_KIND: Final = Codes(("none", "first", "renewed"))
SRDI: Final = Codes(("none", "province_srdi", "little_giant", "champion"))
INDUSTRY: Final = Codes(("pv_storage", "manufacturing", "life_service", "other"))
HIRE_GROUP: Final = Codes((
    "graduate_year", "graduate_2y", "youth_16_24_registered", "registered_6m", "poverty_relieved",
    "veteran_self_employed", "other",
))  # fmt: skip

PERSON: Final[Columns] = {
    "birth_date": DATE,
    "gender": SEX,
    "nationality": NATIONALITY,
    "hukou_region": REGION,
    "hukou_type": HUKOU_TYPE,
    "residence_region": REGION,
    "residence_community": REGION,
    "residence_months": INT,
    "residence_permit": BOOL,
    "is_guardian": BOOL,
    "dibao": BOOL,
    "dibao_reviewed_on": DATE,
    "elder_allowance_verified_on": DATE,
    "dibao_edge": BOOL,
    "tekun": BOOL,
    "household_size": INT,
    "household_income_pc": DECIMAL,
    "household_property_ok": BOOL,
    "disability_cert_valid": BOOL,
    "disability_level": INT,
    "disability_category": DISABILITY,
    "work_injury_nursing": BOOL,
    "care_level": INT,
    "in_care_institution": BOOL,
    "employment_status": WORK,
    "unemployed_registered": BOOL,
    "unemployed_registered_months": INT,
    "seeking_work": BOOL,
    "involuntary_unemployment": BOOL,
    "ui_paid_months": INT,
    "ui_benefit_receiving": BOOL,
    "hard_to_employ": BOOL,
    "flexible_registered": BOOL,
    "social_insurance_paid_month": DECIMAL,
    "social_subsidy_used_months": INT,
    "years_to_retirement": DECIMAL,
    "skill_cert_level": INT,
    "skill_cert_date": DATE,
    "skill_subsidy_used_same_cert": BOOL,
    "maternity_insured": BOOL,
    "childbirth_date": DATE,
    "childbirth_lawful": BOOL,
    "difficult_birth": BOOL,
    "births_count": INT,
    "employer_avg_wage": DECIMAL,
    "iit_comprehensive_income": BOOL,
    "parent_over60": BOOL,
    "is_only_child": BOOL,
    "personal_pension_paid_year": DECIMAL,
    "student_stage": STAGE,
    "school_region": REGION,
    "family_difficulty_student": BOOL,
    "has_student_loan": BOOL,
    "graduation_year": INT,
    "years_since_graduation": DECIMAL,
    "degree": DEGREE,
    "new_settler": BOOL,
    "job_stable": BOOL,
    "owns_local_home": BOOL,
    "housing_area_pc": DECIMAL,
    "veteran": BOOL,
    "veteran_type": VETERAN_TYPE,
    "business_registered": BOOL,
    "business_kind": BUSINESS_KIND,
    "business_months": INT,
    "business_region": REGION,
    "first_startup": BOOL,
    "startup_group": STARTUP_GROUP,
    "credit_good": BOOL,
    "rural_fp_eligible": BOOL,
}
CHILD: Final[Columns] = {
    "child_birth_date": DATE,
    "child_hukou_region": REGION,
    "child_lawful": BOOL,
    "child_nationality": NATIONALITY,
    "child_kindergarten_final_year": BOOL,
    "child_school_age": BOOL,
}
ENTERPRISE: Final[Columns] = {
    "ent_region": REGION,
    "ent_kind": ENT_KIND,
    "ent_size": ENT_SIZE,
    "ent_dishonest": BOOL,
    "ent_employees": INT,
    "ent_assets": DECIMAL,
    "ent_taxable_income": DECIMAL,
    "ent_restricted_industry": BOOL,
    "ent_audit_collection": BOOL,
    "ent_vat_kind": VAT_KIND,
    "ent_sales_month": DECIMAL,
    "ent_vat_rate": DECIMAL,
    "ent_rd_expense": DECIMAL,
    "ent_rd_excluded_industry": BOOL,
    "ent_ui_paid_months": INT,
    "ent_ui_paid_last_year": DECIMAL,
    "ent_layoff_rate": DECIMAL,
    "ent_hightech_valid": BOOL,
    "ent_hightech_cert_kind": CERT_KIND,
    "ent_srdi_new": SRDI,
    "ent_industry_tags": INDUSTRY,
    "ent_disabled_over_quota": INT,
    "ent_disabled_ratio": DECIMAL,
}
HIRE: Final[Columns] = {
    "hire_group": HIRE_GROUP,
    "hire_contract": BOOL,
    "hire_contract_months": INT,
    "hire_insured_months": INT,
    "hire_claimed": BOOL,
}
