"""What a key says of itself."""

import datetime

from django.utils.translation import gettext_noop
from ninja import Router, Schema

from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.models import ApiKey

router = Router()


class Key(Schema):
    name: str
    owner: str
    prefix: str
    scopes: list[str]
    created: datetime.datetime
    expires: datetime.datetime | None

    @staticmethod
    def resolve_owner(row: ApiKey) -> str:
        return row.owner.get_username()

    @staticmethod
    def resolve_scopes(row: ApiKey) -> list[str]:
        return row.allowed


@router.get("/key", response=Key, summary=gettext_noop("The key that asks"), **needs())
def own_key(request: KeyRequest) -> ApiKey:
    return request.auth
