"""Addresses (docs/protocol.md)."""

from django.urls import path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from playground import catalogue, examples, modelled, pages
from playground.designs import views as designs
from playground.runs import views as runs

urlpatterns = [
    path("", pages.index, name="index"),
    path("d/<str:secret>/", pages.design, name="design"),
    path("examples/", examples.gallery, name="examples"),
    path("examples/<slug:name>/", pages.open_example, name="example"),
    path("modelled/", modelled.modelled, name="modelled"),
    path("language/", require_POST(set_language), name="set_language"),
    path("api/catalogue/", catalogue.catalogue, name="catalogue"),
    path("api/limits/", catalogue.limits, name="limits"),
    path("api/check/", designs.check, name="check"),
    path("api/designs/", designs.designs, name="api_designs"),
    path("api/designs/<str:secret>/", designs.design, name="api_design"),
    path("api/designs/<str:secret>/revisions/", designs.revisions, name="api_revisions"),
    path("api/designs/<str:secret>/revisions/<int:number>/", designs.revision, name="api_revision"),
    path("api/designs/<str:secret>/links/", designs.links, name="api_links"),
    path("api/designs/<str:secret>/links/<int:link_id>/revoke/", designs.revoke, name="api_revoke"),
    path("api/designs/<str:secret>/fork/", designs.fork, name="api_fork"),
    path("api/runs/", runs.start, name="api_runs"),
]

handler400 = "playground.errors.bad_request"
handler404 = "playground.errors.page_not_found"
handler500 = "playground.errors.server_error"
