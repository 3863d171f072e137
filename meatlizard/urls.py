"""Where everything is."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.i18n import set_language

from meatlizard import languages
from meatlizard.accounts import views
from shortener.api import yourls
from shortener.views import visiting

# Signing in to the admin goes the same way as to the site, so that second factors and limits hold there too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("MeatLizard admin")

urlpatterns = [
    path("", include("meatlizard.installable.urls")),
    path("", views.landing, name="landing"),
    path("setup/", views.setup, name="setup"),
    path("dashboard/", views.home, name="dashboard"),
    path("dashboard/signed-in-as/end/", views.end_acting, name="acting_end"),
    path("dashboard/export.zip", views.export, name="export"),
    *([] if settings.HAS_MAIL else [path("accounts/password/reset/", views.no_mail, name="account_reset_password")]),
    path("accounts/", include("allauth.urls")),
    path("language/", set_language, name="set_language"),
    path("words/<str:language>.js", languages.words, name="words"),
    path("moderation/", include("meatlizard.moderation.urls")),
    path("", include("meatlizard.metrics.urls")),
    path("", include("meatlizard.ops.backups.urls")),
    path("status/", include("meatlizard.health.status.urls")),
    path("", include("meatlizard.logs.urls")),
    path("admin/", admin.site.urls),
    path("chat/", include("chat.urls")),
    path("links/", include("shortener.urls")),
    path("p/", include("paste.urls")),
    path("", include("files.sharing.urls")),
    path("files/", include("files.urls")),
    path("", include("video.urls")),
    path("s/<path:address>", visiting.visit, name="short-link"),
    path("discord/", include("discordbridge.urls")),
    path("rest/v3/", include("shortener.api.shlink_urls")),
    path("yourls-api.php", yourls.api, name="yourls"),
    path("api/", include("meatlizard.api.urls")),
    path("", include("paste.sealed.urls")),
    path("", include("paste.doors.urls")),
]

handler400 = "meatlizard.error_pages.bad_request"
handler403 = "meatlizard.error_pages.permission_denied"
handler404 = "meatlizard.error_pages.page_not_found"
handler429 = "meatlizard.error_pages.too_many_requests"
handler500 = "meatlizard.error_pages.server_error"
