import ast

from tests.support.sources import modules, text, tree

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MODULE_LINES, FUNCTION_LINES = 400, 50


def test_a_module_fits_in_the_head():
    long = {str(path): lines for path in modules() if (lines := text(path).count("\n")) > MODULE_LINES}
    assert long == {}


def test_a_function_fits_on_a_screen():
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, FUNCTIONS) and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]
    assert long == []
