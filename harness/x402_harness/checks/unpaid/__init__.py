"""The unpaid 402 by itself: rules as pure functions over one answer, each of one version by its own specification."""
