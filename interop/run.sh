#!/bin/sh
# Compares LQMF with the programs it has to agree with, on fresh inputs.
#
#   interop/run.sh [LIBGGML_BASE.SO]
#
# Without an argument the library comes from the npm package @node-llama-cpp/linux-x64. The modules
# tensor, testkit and quant have to be compiled; JAVA_HOME, if set, names the JDK. SEED repeats a run.
set -eu

package=@node-llama-cpp/linux-x64@3.22.1
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

classpath=
for module in tensor testkit quant; do
  classes=$root/$module/target/classes
  if [ ! -d "$classes" ]; then
    echo "$classes is missing: run mvn -pl quant -am package" >&2
    exit 2
  fi
  classpath=$classpath$classes:
done

if [ $# -gt 0 ]; then
  library=$1
else
  (cd "$work" && npm pack --silent "$package" >packed && tar -xzf "$(cat packed)")
  library=$work/package/bins/linux-x64/libggml-base.so
fi

seed=${SEED:-$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}
echo "seed $seed"
"${bin}javac" -nowarn -Xlint:none -proc:none -d "$work/classes" -cp "$classpath" "$root"/interop/ggml/*.java

compare() { # kernels, JVM options
  kernels=$1
  shift
  "${bin}java" --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector "$@" \
    -cp "$work/classes:$classpath" ggml.CompareLive "$library" "$kernels" "$seed" ||
    [ $? -eq 1 ] || echo "FAIL $kernels $*: ended with an error"
}

{
  compare scalar
  for bits in 128 256 512; do
    compare vector -Dlqmf.vector.bits=$bits
  done
} | tee "$work/log"

passed=$(grep -c '^ok ' "$work/log" || true)
failed=$(grep -c '^FAIL ' "$work/log" || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
