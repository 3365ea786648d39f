"""Claude's Messages API by others: requests as the official SDK's types have them, answers by llmock, an independent mock.

`judge` reads a request body a line, and answers each with a line: null, or why the types refuse it. `serve` serves
llmock on a port of loopback, which it prints, and refuses with 400 what the types refuse.
"""

import json
import sys

import jsonschema
import pydantic
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming


def closed(schema):
    """The same schema, where an object has no fields but those that it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(part) for name, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        schema["additionalProperties"] = False
    return schema


VALIDATOR = jsonschema.Draft202012Validator(
    closed(pydantic.TypeAdapter(MessageCreateParamsNonStreaming).json_schema())
)


def refusal(body):
    error = jsonschema.exceptions.best_match(VALIDATOR.iter_errors(body))
    return None if error is None else f"{error.json_path}: {error.message}"[:500]


def judge():
    for line in sys.stdin:
        print(json.dumps(refusal(json.loads(line))))


def serve():
    import socket

    import uvicorn
    from fastapi.responses import JSONResponse
    from llmock.main import create_app

    app = create_app()

    @app.middleware("http")
    async def types(request, call_next):
        if request.url.path.endswith("/v1/messages"):
            refused = refusal(await request.json())
            if refused is not None:
                error = {"type": "invalid_request_error", "message": refused}
                return JSONResponse({"type": "error", "error": error}, status_code=400)
        return await call_next(request)

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["judge"]:
            judge()
        case ["serve"]:
            serve()
