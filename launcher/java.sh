#!/bin/sh
# Says in one sentence what is missing where no Java 17 or newer is here; the pip package of Spark brings none.
set -eu

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
how='Debian/Ubuntu: apt-get install openjdk-17-jre-headless'

said=$("$java" -version 2>&1) || {
    printf '%s\n' "没有找到 Java：Spark 需要 Java 17 或更高版本（$how）/ Java was not found: Spark needs Java 17 or newer ($how)" >&2
    exit 1
}
version=$(printf '%s\n' "$said" | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
if [ "${version:-0}" -lt 17 ]; then
    printf '%s\n' "Java ${version:-?} 太旧：Spark 需要 Java 17 或更高版本（$how），或用 JAVA_HOME 指定 / Java ${version:-?} is too old: Spark needs Java 17 or newer ($how), or name one with JAVA_HOME" >&2
    exit 1
fi
