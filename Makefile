# Two commands are enough: `make run` and `make test`. They need Python >= 3.11, make and a POSIX shell, nothing else.
SHELL = /bin/sh
VENV ?= .venv
PY = "$(VENV)/bin/python"
ARGS ?=
ENVIRONMENT = VENV="$(VENV)" sh launcher/environment.sh
LAUNCH = exec $(PY) -m launcher --follow-parent

.PHONY: help run test test-spark soak check tour delivery bench lock openapi install install-dev

help:
	@echo 'make run            安装并启动整个系统 (install, start everything); FRESH=1 清空重来, PORT=8000 指定端口'
	@echo '                    DATABASE_URL / REDIS_URL 设了就用它们 (given servers are used)'
	@echo 'make test           全部测试 (the whole suite); ARGS="-k login" 传给 pytest'
	@echo 'make test-spark     Spark 上的匹配 (matching on a little Spark cluster; needs Java 17+)'
	@echo 'make soak           一百万次比对：定义、闭包、位平面、Polars，装了Spark也比 (a million answers of every machine)'
	@echo 'make check          ruff, mypy, import-linter, OpenAPI 快照'
	@echo 'make tour           走一遍全程，没启动就先启动 (the whole errand, as a phone and an officer see it)'
	@echo 'make delivery       扮演数据平台，交付一天的数据，给没注册的人排上门任务；PEOPLE=50000 (play the data platform once)'
	@echo 'make bench          测速 (benchmarks)'
	@echo 'make openapi        重写接口快照 (rewrite docs/openapi.json)'
	@echo 'make lock           重新锁定依赖版本 (recompile the pins)'

install:
	@$(ENVIRONMENT) requirements.txt

install-dev:
	@$(ENVIRONMENT) requirements.txt requirements-dev.txt

run: install
	@$(LAUNCH) $(if $(filter-out 0 no false,$(FRESH)),--fresh)

tour: install
	@$(LAUNCH) tour

test: install-dev
	@exec $(PY) -m pytest -n auto $(ARGS)

SPARK = $(ENVIRONMENT) requirements.txt requirements-dev.txt requirements-spark.txt
ON_SPARK = $(PY) -m pytest -o norecursedirs=.* tests/spark

test-spark:
	@sh launcher/java.sh
	@$(SPARK)
	@exec $(ON_SPARK) $(ARGS)

PAIRS ?= 1000000
soak: install-dev
	@PAIRS=$(PAIRS) $(PY) -m pytest -q tests/app/rules/test_agreement.py $(ARGS)
	@if $(PY) -c 'import pyspark' 2>/dev/null; then PAIRS=$(PAIRS) $(ON_SPARK) -q -k agreement $(ARGS); \
	else echo 'Spark 没有安装，没有比对 (not installed, not compared: make test-spark installs it)'; fi

check: install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PY) -m launcher check-contract

openapi: install
	@exec $(PY) -m launcher write-contract

PEOPLE ?= 50000
delivery: install
	@exec $(PY) -m launcher deliver --people $(PEOPLE)

bench: install-dev
	@exec $(PY) -m benchmarks $(ARGS)

lock: install-dev
	$(PY) -m uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	$(PY) -m uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt
	$(PY) -m uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-spark.in -o requirements-spark.txt
