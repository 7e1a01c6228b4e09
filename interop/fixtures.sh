#!/bin/sh
# Writes the fixtures of encoders and decoders by asking ggml itself.
#
#   interop/fixtures.sh LIBGGML_BASE.SO TYPE...     for example Q4_K Q6_K, or "sizes"
#
# The library: npm pack @node-llama-cpp/linux-x64, package/bins/linux-x64/libggml-base.so. The modules
# tensor and testkit have to be compiled.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
library=$1
shift
version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$(dirname "$library")/../../package.json")
java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
exec "$java" --enable-native-access=ALL-UNNAMED \
  -cp "$root/tensor/target/classes:$root/testkit/target/classes" \
  "$root/interop/ggml/GenerateFixtures.java" \
  "$library" "@node-llama-cpp/linux-x64@$version" \
  "$root/quant/src/test/resources/golden/ggml" "$@"
