"""The description of the API (OpenAPI 3.1), made from the fields of the commands and the types of their answers."""

from __future__ import annotations

import json
from typing import Any

from wattline.core.version import __version__
from wattline.schema.files import schema_commands, schema_of
from wattline.web.app.forms import Field
from wattline.web.app.pages import Page
from wattline.web.app.state import AppState

ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
BUSY = {
    "description": "Too much waits, or is sent, already.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}},
}
PREFER = {"name": "Prefer", "in": "header", "schema": {"enum": ["respond-async"]}, "description": "Answer with a job."}
JOB = {
    "type": "object",
    "required": ["id", "command", "inputs", "state", "progress", "elapsed_s", "error", "self", "answer"],
    "properties": {
        "id": {"type": "string"},
        "command": {"type": "string"},
        "inputs": {"type": "object", "additionalProperties": {"type": "string"}},
        "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
        "progress": {"type": "string", "description": "What it works on now, in words."},
        "elapsed_s": {"type": "number"},
        "error": {"type": ["string", "null"]},
        "self": {"type": "string"},
        "answer": {"type": ["string", "null"], "description": "Where the answer is, once it is done."},
    },
}


def description(state: AppState) -> dict[str, Any]:
    """The whole API as one object."""
    known = set(schema_commands())
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Error": ERROR, "WebJob": JOB}
    for page in state.pages():
        fields = list(state.forms[page.command].values())
        name = page.command.replace(" ", "-")
        if page.command in known:
            _take_schema(name, page.command, schemas)
        paths[f"/api/v1{page.path}"] = {
            "get": _operation(page, name, fields, schemas, "get"),
            "post": _operation(page, name, fields, schemas, "post"),
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wattline", "version": __version__, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "The same answers as `wattline COMMAND --json`.",
        },
        "paths": paths | _job_paths(),
        "components": {"schemas": schemas},
    }  # fmt: skip


def _take_schema(name: str, command: str, schemas: dict[str, Any]) -> None:
    """The schema of a command's answer and of its parts, which get the command's name before their own."""
    text = schema_of(command).replace("#/$defs/", f"#/components/schemas/{name}.")
    schema = json.loads(text)
    schema.pop("$schema", None)
    for part, inner in schema.pop("$defs", {}).items():
        schemas[f"{name}.{part}"] = inner
    schemas[name] = schema


def _operation(page: Page, name: str, fields: list[Field], schemas: dict[str, Any], method: str) -> dict[str, Any]:
    answer = {"$ref": f"#/components/schemas/{name}"} if name in schemas else {"type": "object"}
    done = {"202": _job_reply("The job that works on it.")} if page.long else {"200": _reply("The answer.", answer)}
    responses = {
        **done,
        "422": _reply("What is wrong with the inputs.", {"$ref": "#/components/schemas/Error"}),
        "429": BUSY,
    }
    operation: dict[str, Any] = {
        "operationId": f"{method}_{name.replace('-', '_')}",
        "summary": page.title,
        "description": page.about,
        "responses": responses,
    }
    if not page.long:
        responses["202"] = _job_reply("The job that works on it, with the header Prefer: respond-async.")
        responses["409"] = _reply("The job that worked on it was cancelled.", ERROR)
    operation["parameters"] = [] if page.long else [PREFER]
    if method == "get":
        operation["parameters"] += [_parameter(field) for field in fields]
    else:
        body = {"type": "object", "additionalProperties": False, "properties": {f.name: _schema(f) for f in fields}}
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
        responses |= _body_replies()
    return operation


def _parameter(field: Field) -> dict[str, Any]:
    return {"name": field.name, "in": "query", "required": False, "schema": _schema(field), "description": field.about}


def _schema(field: Field) -> dict[str, Any]:
    if field.kind == "flag":
        return {"type": ["boolean", "string"], "description": field.about}
    kinds = ["string", "number", "array"] if field.many else ["string", "number"]
    schema: dict[str, Any] = {"type": kinds, "description": field.about}
    if field.many:
        schema["items"] = {"type": ["string", "number"]}
    return schema | ({"default": field.usual} if field.usual else {})


def _reply(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _job_reply(words: str) -> dict[str, Any]:
    place = {"Location": {"schema": {"type": "string"}, "description": "Of the job."}}
    return {**_reply(words, {"$ref": "#/components/schemas/WebJob"}), "headers": place}


def _body_replies() -> dict[str, Any]:
    return {
        "429": BUSY,
        "408": _reply("The body came too slowly.", ERROR),
        "413": _reply("The body is too large.", ERROR),
    }


def _job_paths() -> dict[str, Any]:
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    missing = _reply("No such job.", {"$ref": "#/components/schemas/Error"})
    job = {"200": _job_reply("The job."), "404": missing}
    answer = {"200": _reply("The answer.", {"type": "object"}), "404": missing, "409": _reply("Not done.", ERROR)}
    answer["422"] = _reply("Why it failed.", ERROR)
    key = {"type": "object", "required": ["upload"], "properties": {"upload": {"type": "string"}}}
    return {
        "/api/v1/": {
            "get": {
                "operationId": "get_commands",
                "summary": "What there is",
                "responses": {"200": _reply("Every command with its address.", {"type": "object"})},
            }
        },
        "/api/v1/jobs/{id}": {
            "parameters": [number],
            "get": {"operationId": "get_job", "summary": "How far a job is", "responses": job},
            "delete": {"operationId": "cancel_job", "summary": "Give a job up", "responses": job},
        },
        "/api/v1/jobs/{id}/answer": {
            "parameters": [number],
            "get": {"operationId": "get_job_answer", "summary": "The answer of a job", "responses": answer},
        },
        "/api/v1/uploads": {
            "post": {
                "operationId": "upload",
                "summary": "Send a file, to be named in inputs as upload:KEY",
                "parameters": [{"name": "name", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string"}}}},
                "responses": {
                    "201": _reply("Its name in inputs.", key),
                    "422": _reply("What is wrong with it.", ERROR),
                    **_body_replies(),
                },
            }
        },
    }
