"""Duplicates: the same endpoint, the same content, nearly the same words, one template filled in many times."""

from x402_catalog.duplicates.clusters import Clusters
from x402_catalog.duplicates.content import content_of
from x402_catalog.duplicates.near import Sketch, near_pairs, sketch_of
from x402_catalog.duplicates.templates import endpoint_of, template_of

__all__ = ["Clusters", "Sketch", "content_of", "endpoint_of", "near_pairs", "sketch_of", "template_of"]
