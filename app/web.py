"""The web server: `python -m app.web` is granian's own command line in a process that has the code already.

granian forks its workers. With the application imported once, before, each of them is there a second sooner
and shares its memory, also the one that takes a dead one's place. Nothing is opened here, no thread is
started: engine, Redis and broker belong to the worker that builds the application. New code needs a restart,
not a SIGHUP.
"""

from granian.cli import cli

from app import factory

if __name__ == "__main__":
    factory.spare_the_collector()
    cli(auto_envvar_prefix="GRANIAN")
