"""What is hostile is parsed here: `python -m app.materials.parsing.<pictures|documents|containers>`, one process a file.

Imports the standard library, Pillow and pypdf, nothing of ours: no database, no keys, no settings. Content comes in by
standard input, what became of it goes out by standard output: a line of JSON, then the content to keep.
"""
