"""HTTP: one package per capability, routes and marshmallow schemas, nothing else."""

from werkzeug.middleware.proxy_fix import ProxyFix

from app.gateways.wechat.callbacks import CallbackKeys
from blueprints.applications.grant_routes import blp as grants
from blueprints.applications.material_routes import blp as case_materials
from blueprints.applications.material_routes import staff_blp as staff_promises
from blueprints.applications.routes import blp as applications
from blueprints.applications.staff_routes import staff_blp as staff_tasks
from blueprints.applications.stage_routes import blp as staff_stages
from blueprints.catalogue.memory import at_the_edge
from blueprints.catalogue.routes import blp as catalogue
from blueprints.eligibility.campaigns import blp as staff_campaigns
from blueprints.eligibility.routes import blp as policies
from blueprints.eligibility.staff import blp as staff_policies
from blueprints.health.routes import blp as health
from blueprints.identity.routes import blp as auth
from blueprints.identity.staff_routes import staff_blp as staff_auth
from blueprints.materials.routes import blp as materials
from blueprints.materials.routes import staff_blp as staff_files
from blueprints.notifications.callback import blp as wechat
from blueprints.notifications.routes import blp as notifications
from blueprints.notifications.staff_routes import blp as staff_pushes
from blueprints.operations.routes import blp as operations
from blueprints.operations.routes import page_blp as operations_page
from blueprints.ratings.routes import blp as ratings
from blueprints.ratings.routes import staff_blp as staff_ratings
from blueprints.residents.account_routes import account_blp as account
from blueprints.residents.routes import blp as me
from blueprints.support.blueprint import Blueprint
from blueprints.support.errors import ProblemApi
from blueprints.support.lifecycle import Application, prepare
from config.settings import Settings

BLUEPRINTS: tuple[Blueprint, ...] = (
    health,
    catalogue,
    auth,
    staff_auth,
    me,
    account,
    policies,
    staff_policies,
    staff_campaigns,
    notifications,
    staff_pushes,
    wechat,
    applications,
    grants,
    staff_tasks,
    staff_stages,
    case_materials,
    staff_promises,
    materials,
    staff_files,
    ratings,
    staff_ratings,
    operations,
    operations_page,
)
"""Append one line per blueprint; each names its own prefix under /api/v1."""


def application(settings: Settings) -> Application:
    """Build the web application: its rules (errors, access, headers, JSON) and every blueprint."""
    app = Application("zhangshangban", static_folder=None)
    prepare(app, settings)
    app.at_the_edge = at_the_edge
    app.extensions["wechat_callback"] = CallbackKeys.from_settings(settings)
    api = ProblemApi(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign] # werkzeug's way
    return app
