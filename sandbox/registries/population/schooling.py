"""School, degrees, graduation."""

import numpy as np

from sandbox.registries.population.block import Block, chosen, regions_of
from sandbox.registries.population.draws import Flags, Numbers
from sandbox.registries.population.schema import DEGREE, STAGE

MID_YEAR = 0.5
BACHELOR_AT = 22


def draw_schooling(block: Block, ages: Numbers) -> Flags:
    """Draw 教育's facts; returns who is at school."""
    draws, people = block.draws, block.shares.people
    stage = block.put("student_stage", draws.pick_by(people["student"], ages, STAGE.values, "none"))
    studying = ~block.is_code("student_stage", STAGE, "none")
    degree = draws.pick_by(people["degree"], ages, DEGREE.values, "none")
    degree = np.where(studying & (ages < BACHELOR_AT), DEGREE.place("none"), degree)
    master_student = block.is_code("student_stage", STAGE, "graduate")
    degree = block.put("degree", np.where(master_student, DEGREE.place("bachelor"), degree))
    near = draws.share(people["school_in_province"])
    afar = regions_of(block.shares.elsewhere)[draws.pick(block.shares.elsewhere)]
    block.put("school_region", np.where(near, block.values["residence_region"], afar), studying)
    usual, poor = people["difficulty"]["usual"], people["difficulty"]["dibao"]
    block.put(
        "family_difficulty_student", draws.share(np.where(block.values["dibao"], poor, usual)), studying
    )
    block.put("has_student_loan", draws.share(chosen(people["student_loan"], STAGE, stage)))
    _draw_graduation(block, ages, stage, degree)
    return studying


def _draw_graduation(block: Block, ages: Numbers, stage: Numbers, degree: Numbers) -> None:
    """Draw when somebody finished, or will finish, the school that leads to work."""
    people = block.shares.people
    days = (block.as_of - block.as_of.astype("datetime64[Y]")).astype(int)
    year = int(block.as_of.astype("datetime64[Y]").astype(int)) + 1970
    now = year + days / 365
    leaves = chosen(people["graduates_at"], STAGE, stage)
    left = chosen(people["graduated_at"], DEGREE, degree)
    will, did = leaves > 0, degree != DEGREE.place("none")
    coming = np.floor(now + np.maximum(leaves - ages, 0) + MID_YEAR)
    gone = np.minimum(np.floor(now - (ages - left)), np.floor(now - MID_YEAR))
    block.put("graduation_year", np.where(will, coming, gone).astype(np.int64), will | did)
    since = np.maximum(now - (gone + MID_YEAR), 0)
    block.put("years_since_graduation", np.round(since, 2), did)
