"""What the room is compared with: an application of FastAPI that does nothing, in either way it can do nothing."""

from __future__ import annotations

from fastapi import FastAPI

app = FastAPI(openapi_url=None)


@app.get("/")
async def empty() -> dict[str, bool]:
    """Answered on the event loop."""
    return {"ok": True}


@app.get("/thread")
def empty_in_thread() -> dict[str, bool]:
    """Answered in a thread, as whatever asks a database must be."""
    return {"ok": True}
