package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.LlamaCppFiles.Made;
import dev.lqmf.quant.VectorKernels;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.gguf.GgufFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole files, byte for byte, against llama.cpp's. */
class WholeFileTest {
  @TempDir Path directory;

  private static final Path EXAMPLES = Path.of("../examples/models");

  @ParameterizedTest
  @ValueSource(strings = {"docs-llama-4m", "docs-gpt2-4m"})
  void aCheckpointGivesTheFilesThatLlamaCppMakes(String model) throws IOException {
    check(LlamaCppFiles.of(model), EXAMPLES.resolve(model), _ -> true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs-llama-4m", "docs-gpt2-4m"})
  void aGgufOfOursGivesTheFilesThatLlamaCppMakes(String model) throws IOException {
    LlamaCppFiles expected = LlamaCppFiles.of(model);
    check(
        expected, EXAMPLES.resolve(model), r -> r.isConversion() && r.type() == GgufFileType.BF16);
    Path gguf = directory.resolve(model + "-BF16.gguf");
    Files.move(result(model, GgufFileType.BF16), gguf);

    check(expected, gguf, r -> !r.isConversion());
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs-llama-4m", "docs-gpt2-4m"})
  void splitsAreThoseOfLlamaGgufSplit(String model) throws IOException {
    LlamaCppFiles.Split expected = LlamaCppFiles.of(model).split();
    QuantizeRequest request =
        QuantizeRequest.of(EXAMPLES.resolve(model).toString(), List.of(expected.type()))
            .outputRoot(directory)
            .splitMaxSize(expected.limit())
            .build();

    QuantizeReport report = new QuantizeJob(request, new VectorKernels()).run(_ -> {});

    List<String> hashes = new ArrayList<>();
    for (Path file : report.outputs().getFirst().files()) {
      hashes.add(Hashes.sha256(Files.readAllBytes(file)));
    }
    assertThat(hashes).isEqualTo(expected.files());
    try (GgufFile whole = GgufFile.open(report.outputs().getFirst().files().getFirst())) {
      assertThat(whole.paths()).isEqualTo(report.outputs().getFirst().files());
    }
  }

  private void check(LlamaCppFiles expected, Path input, Predicate<Made> which) throws IOException {
    // What differs only in type is made in one reading.
    Map<List<String>, List<Made>> jobs = new LinkedHashMap<>();
    for (Made run : expected.runs()) {
      // From a checkpoint, plain types are what the converter makes.
      boolean superseded =
          Files.isDirectory(input) && !run.isConversion() && !run.type().isQuantized();
      if (which.test(run) && !superseded) {
        jobs.computeIfAbsent(run.options(), _ -> new ArrayList<>()).add(run);
      }
    }
    assertThat(jobs).isNotEmpty();
    for (List<Made> runs : jobs.values()) {
      // The converter's plain types and llama-quantize's others fit into one job.
      quantize(input.toString(), runs);
      for (Made run : runs) {
        expected.check(run, result(expected.model(), run.type()));
      }
    }
  }

  private void quantize(String input, List<Made> runs) throws IOException {
    var request =
        QuantizeRequest.of(input, runs.stream().map(Made::type).toList())
            .outputRoot(directory)
            .mix(runs.getFirst().mix())
            .force(true);
    if (runs.getFirst().imatrix().isPresent()) {
      request.imatrix(resource(runs.getFirst().imatrix().get()));
    }
    new QuantizeJob(request.build(), new VectorKernels()).run(_ -> {});
  }

  private Path result(String model, GgufFileType type) {
    return directory.resolve(model + "_gguf_" + type).resolve(model + "-" + type + ".gguf");
  }

  private Path resource(String name) throws IOException {
    Path copy = directory.resolve(name);
    try (InputStream in = WholeFileTest.class.getResourceAsStream(name)) {
      Files.write(copy, Objects.requireNonNull(in).readAllBytes());
    }
    return copy;
  }
}
