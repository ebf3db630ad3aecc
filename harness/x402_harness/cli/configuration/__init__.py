"""Configuration: what options are where no flag says it, from a file and from the environment.

Nothing is declared here that a command does not declare: keys, their types and their words are those of its options.
"""
