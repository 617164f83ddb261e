"""Bodies that are one JSON object, read strictly: no NaN, and no key twice, of which one would be overlooked."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from her2mri.bundle.canonical import strict_object


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """The object; JSONDecodeError where it is none."""
        try:
            return strict_object(await self.body())
        except ValueError as error:
            raise json.JSONDecodeError("not one JSON object", "", 0) from error


class StrictRoute(APIRoute):
    """A route whose bodies are read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, over a strict request."""
        usual = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await usual(StrictRequest(request.scope, request.receive))

        return strict
