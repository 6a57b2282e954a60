"""What is hostile is parsed here, one process a file: `python -m app.materials.parsing.pictures`.

Imports the standard library, Pillow and pypdf, nothing of ours: no database, no keys, no settings. Content
comes in by standard input, what became of it goes out by standard output: a line of JSON, then the content to
keep.
"""
