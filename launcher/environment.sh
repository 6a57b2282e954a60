#!/bin/sh
# Makes the virtual environment ($VENV, default .venv) and installs the given requirement files into it, with hashes.
# Needs a POSIX shell and Python >= 3.11; does nothing when the files are what was installed last.
set -eu

venv=${VENV:-.venv}

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON 不能用：需要 Python 3.11 或更高 / PYTHON=$PYTHON does not work: Python 3.11 or newer is needed"
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail '没有找到 Python 3.11 或更高版本：请先安装，或用 PYTHON=路径 指定 / Python 3.11 or newer was not found: install it, or name it with PYTHON=path'
}

# The last telling line of a log, or the one sentence for a full disk.
explain() {
    if grep -qi 'no space left\|disk quota exceeded' "$2"; then
        fail "磁盘已满，$1 没有完成：请腾出空间后重试 / the disk is full: free some space and try again"
    fi
    fail "$1 失败 / failed: $(grep -i 'error' "$2" | tail -n 1 || tail -n 1 "$2") (详见 see $2)"
}

make_venv() {
    python=$(find_python)
    if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv" 2>/dev/null)" ]; then
        fail "$venv 里有别的文件，不是虚拟环境，没有动它：请换一个目录 / $venv holds other files and is no virtual environment, it was left alone: name another folder"
    fi
    printf '  建立 %s (virtual environment, %s)\n' "$venv" "$("$python" -V 2>&1)"
    rm -rf "$venv" 2>/dev/null || fail "没有权限重建 $venv / permission to rebuild $venv is missing"
    log="${TMPDIR:-/tmp}/venv-$$.log"
    if ! "$python" -m venv "$venv" >"$log" 2>&1; then
        rm -rf "$venv"
        if grep -q 'ensurepip' "$log"; then
            fail '这个 Python 缺少 venv 模块：Debian 系请先安装 python3-venv / this Python lacks venv: on Debian install python3-venv'
        fi
        explain '建立虚拟环境 (venv)' "$log"
    fi
    rm -f "$log"
}

install() {
    log="$venv/install.log"
    set -- "$@"
    : >"$log" 2>/dev/null || fail "无法写入 $venv：磁盘已满或没有权限 / cannot write $venv: the disk is full or permission is missing"
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes "$@" >"$log" 2>&1 &
    pip=$!
    trap 'kill "$pip" 2>/dev/null; exit 130' INT TERM HUP
    seconds=0
    while kill -0 "$pip" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        if [ -t 1 ]; then
            printf '\r  安装依赖 (installing) %s 个包 %s s ' "$(grep -c '^Collecting' "$log" || true)" "$seconds"
        elif [ $((seconds % 10)) -eq 0 ]; then
            printf '  安装依赖 (installing) %s 个包 %s s\n' "$(grep -c '^Collecting' "$log" || true)" "$seconds"
        fi
    done
    trap - INT TERM HUP
    wait "$pip" || { [ -t 1 ] && echo; explain '安装依赖 (pip install)' "$log"; }
    if [ -t 1 ]; then printf '\r'; fi
    printf '  依赖已安装 (requirements installed) %s s        \n' "$seconds"
}

"$venv/bin/python" -c 'import pip' >/dev/null 2>&1 || make_venv

for file in "$@"; do
    [ -r "$file" ] || fail "缺少 $file / $file is missing"
    stamp="$venv/.installed-$file"
    sum=$(cksum <"$file")
    [ "$sum" = "$(cat "$stamp" 2>/dev/null)" ] && continue
    install -r "$file"
    printf '%s\n' "$sum" >"$stamp"
done
