"""A seller of stubborn little haikus: FastAPI and the official x402 middleware, and nothing of testbuy.

FACILITATOR_URL=http://127.0.0.1:4402/facilitator uvicorn seller:app
"""

from __future__ import annotations

import os
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from x402 import x402ResourceServer
from x402.http import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact import register_exact_evm_server

FACILITATOR = os.environ.get("FACILITATOR_URL", "http://127.0.0.1:4402/facilitator")
NETWORK = "eip155:8453"
PRICE = "$0.02"
PAY_TO = "0xf72499228763814a00f495469eb463ff6b53baeb"


class Order(BaseModel):
    """What a buyer asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    topic: str = Field(min_length=1, max_length=80)
    mood: Literal["calm", "sad", "silly"] = "calm"
    n: int = Field(1, ge=1, le=3)


class Haikus(BaseModel):
    """What a buyer gets."""

    mood: str
    haikus: list[str]


app = FastAPI()
server = register_exact_evm_server(
    x402ResourceServer(HTTPFacilitatorClient(FacilitatorConfig(url=FACILITATOR))), NETWORK
)
terms = {"scheme": "exact", "payTo": PAY_TO, "price": PRICE, "network": NETWORK, "maxTimeoutSeconds": 300}
routes = {"POST /v1/haiku": {"accepts": terms, "description": "Haikus", "mimeType": "application/json"}}
app.middleware("http")(payment_middleware(routes, server))


@app.post("/v1/haiku")
async def haiku(order: Order) -> Haikus:
    """So many haikus on a topic."""
    lines = [f"{order.topic} at dusk", f"the {order.mood} river answers", "and the frog is late"]
    return Haikus(mood=order.mood, haikus=[" / ".join(lines)] * order.n)
