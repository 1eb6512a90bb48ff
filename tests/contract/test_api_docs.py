"""docs/api.md, the OpenAPI page and the code say the same: operations, error codes, examples."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from api.codes import CODES
from api.examples import MISSING
from tests.support.operations import Operation, described_api, operations
from tools.write_api import PAGE, api_page

ROOT = Path(__file__).resolve().parents[2]
_RAISED = {"BadRequest": 0, "NotFound": 0, "Forbidden": 0, "Unprocessable": 0, "problem": 1}
_OF_THE_FRAMEWORK = {"not_found", "method_not_allowed", "bad_request"}


def test_the_page_is_up_to_date() -> None:
    """Ensure `make docs` was run after an operation or a code changed."""
    assert PAGE.read_text() == api_page()


def test_every_code_is_registered() -> None:
    """Ensure no error leaves with a code that api/codes.py does not know, and that it knows no others."""
    raised = {code for folder in ("api", "providers", "realtime/store") for code in codes_in(ROOT / folder)}
    assert raised == CODES.keys() - _OF_THE_FRAMEWORK


@pytest.mark.parametrize("operation", [pytest.param(each, id=each.name) for each in operations()])
def test_examples_fit_their_schemas(operation: Operation) -> None:
    """Ensure the body and the answer of every operation have an example that is right."""
    request = operation.described.get("requestBody", {}).get("content", {})
    answers = [answer["content"] for answer in operation.described["responses"].values() if "content" in answer]
    examples = [media for content in (request, *answers) for media in content.values() if media.get("schema")]
    assert examples
    for media in examples:
        jsonschema.validate(media["example"], {**media["schema"], "components": described_api()["components"]})
        assert MISSING not in json.dumps(media["example"], ensure_ascii=False), "see api/examples.py"


def codes_in(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _RAISED:
                code = node.args[_RAISED[node.func.id]]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield code.value
