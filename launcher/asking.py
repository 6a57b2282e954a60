"""`python -m launcher.asking DATABASE_URL`: log in to the server it names; the exit code is the answer."""

from __future__ import annotations

import os
import sys

import psycopg
import redis

from launcher.given import ANSWER_SECONDS, Answer


def ask_database(address: str) -> None:
    """Log in to PostgreSQL and ask something; raises what the driver raises."""
    with psycopg.connect(address, connect_timeout=ANSWER_SECONDS) as connection:
        connection.execute("SELECT 1")


def ask_redis(address: str) -> None:
    """Log in to Redis and ask something; raises what the client raises."""
    with redis.Redis.from_url(
        address, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    ) as client:
        client.ping()


def main(setting: str) -> Answer:
    """Ask the server that the variable names."""
    question = {"DATABASE_URL": ask_database, "REDIS_URL": ask_redis}[setting]
    try:
        question(os.environ[setting])
    except (psycopg.Error, redis.RedisError, OSError, ValueError) as error:
        words = str(error).lower()
        return Answer.REFUSED if "password" in words or "auth" in words else Answer.SILENT
    return Answer.WELCOME


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
