"""The API's description (OpenAPI 3.1), generated from the models that the handlers read and answer with."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from chalicelib.handlers.operation import Model, Operation
from chalicelib.handlers.operations import OPERATIONS
from chalicelib.handlers.representations import ProblemDocument


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document as JSON-ready values."""
    models: list[Model] = [ProblemDocument, *(m for o in OPERATIONS for m in (o.takes, o.answers) if m)]
    unique = list(dict.fromkeys(models))
    _, schemas = models_json_schema([(m, "validation") for m in unique], ref_template="#/components/schemas/{model}")
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Convoke, the organisers' API",
            "version": "1",
            "description": "Sign in with Amazon Cognito and send the id token in the Authorization header.",
        },
        "security": [{"organisers": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"organisers": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters = [_parameter(name, "path", "", required=True) for name in names]
    parameters += [_parameter(name, "query", words, required=False) for name, words in operation.query]
    if operation.header:
        parameters.append(_parameter(operation.header[0], "header", operation.header[1], required=True))
    said: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": _identifier(operation),
        "parameters": parameters,
    }
    if operation.takes or operation.takes_also:
        said["requestBody"] = {
            "required": True,
            "content": _content(operation.takes, operation.takes_also, operation.takes_list),
        }
    answer = _content(operation.answers, operation.answers_also, False) or {
        "application/json": {"schema": {"type": "object"}}
    }
    said["responses"] = {str(operation.status): {"description": operation.summary, "content": answer}}
    if operation.header:  # a dry run is answered at once
        said["responses"]["200"] = {"description": "The plan of a dry run", "content": answer}
    if operation.method == "put" and operation.takes:
        said["responses"]["201"] = {"description": "The event is new", "content": answer}
    said["responses"]["401"] = {"description": "Sign in first"}
    refusals = (415,) if "requestBody" in said else ()
    for status in (*operation.problems, *refusals, 500):
        said["responses"][str(status)] = {
            "description": _WHY[status],
            "content": {"application/problem+json": {"schema": _reference(ProblemDocument)}},
        }
    return said


_WHY = {
    404: "There is no such thing",
    409: "It contradicts what is stored",
    415: "The body has another type than those listed",
    422: "Fields do not fit",
    500: "Our side failed",
}


def _parameter(name: str, where: str, words: str, *, required: bool) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": where, "required": required, "schema": {"type": "string"}}
    return {**parameter, "description": words} if words else parameter


def _content(model: Model | None, also: tuple[str, ...], many: bool) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if model:
        schema = _reference(model)
        content["application/json"] = {"schema": {"type": "array", "items": schema} if many else schema}
    for media_type in also:
        content[media_type] = {"schema": {"type": "string"}}
    return content


def _reference(model: Model) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _identifier(operation: Operation) -> str:
    parts = [part.strip("{}") for part in operation.path.removeprefix("/api/").split("/")]
    return f"{operation.method}_{'_'.join(parts)}".replace(".json", "")
