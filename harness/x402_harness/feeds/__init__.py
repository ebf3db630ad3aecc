"""Feeds: catalogues that are fetched from a URL, page by page, politely and resumably."""
