"""One block of people: every fact, in the order in which one rests on another."""

from sandbox.registries.population.basics import draw_basics
from sandbox.registries.population.block import Block
from sandbox.registries.population.business import draw_business
from sandbox.registries.population.family import draw_family
from sandbox.registries.population.schooling import draw_schooling
from sandbox.registries.population.welfare import draw_welfare
from sandbox.registries.population.work import draw_work


def draw_people(block: Block) -> Block:
    """Draw people into an empty block; returns it."""
    ages = draw_basics(block)
    draw_welfare(block, ages)
    draw_family(block, ages)
    studying = draw_schooling(block, ages)
    draw_work(block, ages, studying)
    draw_business(block, ages)
    return block
