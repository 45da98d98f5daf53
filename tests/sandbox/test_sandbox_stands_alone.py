import ast
import sys
from pathlib import Path

import integrations.sandbox

FILES = sorted(Path(integrations.sandbox.__file__).parent.glob("**/*.py"))


def modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # A relative import could lead anywhere: none is used, so that this test can be simple.
            assert node.level == 0
            found.add(node.module or "")
    return found


def test_it_imports_the_standard_library_and_itself_only() -> None:
    assert len(FILES) > 20
    foreign = {
        (path.name, name)
        for path in FILES
        for name in modules(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and f"{name}.".partition("integrations.sandbox.")[:2] != ("", "integrations.sandbox.")
    }
    assert foreign == set()


def test_what_stands_above_it_imports_nothing() -> None:
    import integrations

    assert integrations.__file__ is not None
    assert modules(Path(integrations.__file__)) == set()
