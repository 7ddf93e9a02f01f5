from __future__ import annotations

from fastapi.routing import iter_route_contexts

from rag.wire import AnswerWire

PAGE = {"/", "/ui/{path:path}", "/openapi.json"}


def test_openapi_lists_every_route(client):
    described = client.get("/openapi.json").json()
    routes = {
        (method.lower(), route.path.replace(":path", ""))
        for route in iter_route_contexts(client.app.routes)
        for method in route.methods or ()
        if route.path not in PAGE and method != "HEAD"
    }
    listed = {(method, path) for path, methods in described["paths"].items() for method in methods}
    assert listed == routes
    assert ("post", "/ask") in listed


def test_openapi_describes_question_answer_and_errors(client):
    described = client.get("/openapi.json").json()
    ask = described["paths"]["/ask"]["post"]
    schemas = described["components"]["schemas"]
    assert set(ask["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert set(schemas["AnswerWire"]["properties"]) == set(AnswerWire.__annotations__)
    assert schemas["AskRequest"]["properties"]["top_k"]["maximum"] == 50
    assert schemas["AskRequest"]["additionalProperties"] is False
    for methods in described["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if not status.startswith("2"):
                    assert response["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorWire")
    assert "HTTPValidationError" not in schemas


def test_no_page_that_loads_scripts_from_elsewhere(client):
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert client.get(path).status_code == 404
