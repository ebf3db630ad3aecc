"""Hosts of previews and tests, told by their names."""

from __future__ import annotations

import pytest

from x402_catalog.rules.urls import is_preview

PREVIEWS = [
    "staging.toolkit.dev", "api-dev.example.com", "dev.example.com", "x.ngrok-free.app", "a.ngrok.io", "b.sandbox.c.io",
    "shop-abc123def-team.vercel.app", "deploy-preview-12--site.netlify.app", "quick-words.trycloudflare.com",
]  # fmt: skip
OTHERS = [
    "toolkit.dev", "api.dev", "developer.example.com", "mydev.example.com", "previews.example.com", "shop.vercel.app",
    "my-shop.vercel.app", "x402-discovery-endpoint.vercel.app", "xn--bcher-kva.example",
]  # fmt: skip


@pytest.mark.parametrize("host", PREVIEWS)
def test_the_host_of_a_preview_is_told_by_its_name(host: str) -> None:
    assert is_preview(host)


@pytest.mark.parametrize("host", OTHERS)
def test_a_host_that_only_looks_like_one_is_none(host: str) -> None:
    assert not is_preview(host)
