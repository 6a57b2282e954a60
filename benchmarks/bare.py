"""The yardstick: Flask answering a constant, served exactly as the product is."""

from flask import Flask, Response

CONSTANT = b'{"status":"ok"}'


def create_wsgi_app() -> Flask:
    """Build an application with one route and nothing around it."""
    app = Flask("bare", static_folder=None)

    @app.get("/constant")
    def constant() -> Response:
        return Response(CONSTANT, mimetype="application/json")

    return app
