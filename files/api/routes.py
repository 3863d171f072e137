"""What the parts of the API put their operations into."""

from ninja import Router

router = Router()
