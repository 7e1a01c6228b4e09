#!/bin/sh
# Draws random configurations and compares LQMF with Transformers and llama.cpp's converter on them.
#
#   interop/fuzz/run.sh PYTHON LLAMA_CPP [OPTION OF configs.py...]     for example --count 30 --seed 7
#
# PYTHON is an interpreter with torch, transformers and the packages of llama.cpp's converter. The modules
# down to torch have to be compiled, tests included. Prints differences; exit status 0 if there are none.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$1
llama=$2
shift 2
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
work=${WORK:-$(mktemp -d)}

OMP_NUM_THREADS=1 "$python" "$root/interop/fuzz/configs.py" \
  "$root/model/src/test/resources/dev/lqmf/model/golden" "$work/models" --llama-cpp "$llama" "$@"
classpath=$root/model/target/test-classes
for module in torch tokenizer model quant tensor testkit; do
  classpath=$classpath:$root/$module/target/classes
done
(cd "$root" && mvn -B -q -ntp ${MAVEN_OPTIONS:-} -pl torch -am -DskipTests package \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" -Dmdep.includeScope=test)
"${bin}javac" -nowarn -Xlint:none -proc:none -d "$work/classes" \
  -cp "$classpath:$(cat "$work/classpath")" "$root/interop/fuzz/CheckConfigs.java"
"${bin}java" --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector \
  -cp "$work/classes:$classpath:$(cat "$work/classpath")" dev.lqmf.model.CheckConfigs "$work/models"
