package dev.lqmf.factory.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.ImatrixJob;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.OutputReport;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.imatrix.ImportanceMatrix;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImatrixJobTest {
  private static final Path MODEL = Path.of("../examples/models/docs-llama-4m");
  private static final Path REFERENCES = Path.of("src/test/resources/dev/lqmf/factory/calibration");
  private static final ImatrixJob.Listener SILENT =
      new ImatrixJob.Listener() {
        @Override
        public void cut(String model, String text, int sequences, int length) {}

        @Override
        public void blocks(int done, int all) {}
      };

  @TempDir Path directory;

  /** README.md beside the references tells how they were made. */
  @ParameterizedTest
  @ValueSource(strings = {"gguf", "dat"})
  void theFileIsThatOfLlamaImatrix(String format) throws IOException {
    MeasuredImatrix measured = measure(MODEL, 128, 4);
    Path file = directory.resolve("imatrix");
    if (format.equals("gguf")) {
      measured.writeGguf(file);
    } else {
      Files.write(file, measured.legacy());
    }

    Path reference = REFERENCES.resolve("docs-llama-4m." + format);
    ImportanceMatrix expected = ImportanceMatrix.read(reference);
    ImportanceMatrix actual = ImportanceMatrix.read(file);
    assertThat(actual.tensors()).isEqualTo(expected.tensors()).hasSize(28);
    for (String tensor : expected.tensors()) {
      float[] means = expected.weights(tensor).orElseThrow();
      float[] ours = actual.weights(tensor).orElseThrow();
      assertThat(ours).as(tensor).hasSameSizeAs(means);
      for (int i = 0; i < means.length; i++) {
        assertThat((double) ours[i])
            .as("%s %d", tensor, i)
            .isCloseTo(means[i], within(1e-3 * means[i] + 1e-12));
      }
    }
    assertThat(measured.entries().values()).allMatch(e -> e.counts()[0] == 4 * 128);
  }

  /** The same tensors as in the file: what encoders see is what they would read. */
  @Test
  void calibratingAndQuantizingGivesWhatTheFileGives() throws IOException {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, CalibrationText.of(Optional.empty()).text().substring(0, 6000));
    Path file = directory.resolve("imatrix.gguf");
    new ImatrixJob(
            MODEL.toString(),
            Optional.of(text),
            OptionalInt.empty(),
            OptionalInt.empty(),
            TorchOptions.DEFAULTS.withThreads(Runtime.getRuntime().availableProcessors()))
        .run(ModelDownload.HUB, _ -> {}, SILENT)
        .writeGguf(file);

    OutputReport once =
        quantize(q4(new GgufMethod.Importance.Measured(Optional.of(text))), "once", false);
    OutputReport twice = quantize(q4(new GgufMethod.Importance.File(file)), "twice", false);

    // Metadata name the text and the file; the weights are at the end.
    byte[] first = Files.readAllBytes(once.files().getFirst());
    byte[] second = Files.readAllBytes(twice.files().getFirst());
    int bytes = Math.toIntExact(once.tensorBytes());
    assertThat(tail(first, bytes)).isEqualTo(tail(second, bytes));
    assertThat(Files.readString(once.directory().resolve("recipe.json"))).contains("text.txt");
  }

  @Test
  void whatWasMeasuredIsUsedAgain() throws IOException {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, CalibrationText.of(Optional.empty()).text().substring(0, 6000));
    GgufMethod method = q4(new GgufMethod.Importance.Measured(Optional.of(text)));

    assertThat(dryRun(method).notes()).anyMatch(n -> n.contains("not measured yet"));
    assertThat(directory.resolve("out")).doesNotExist();

    OutputReport first = quantize(method, "out", false);
    String recipe = Files.readString(first.directory().resolve("recipe.json"));
    assertThat(quantize(method, "out", false).reused()).isTrue();
    assertThat(dryRun(method).notes()).isEmpty();
    assertThat(dryRun(method).outputs().getFirst().done()).isTrue();

    // What is kept counts: nothing is measured as long as it is there and whole.
    Path kept;
    try (Stream<Path> files = Files.list(directory.resolve("out/.imatrix"))) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      kept = all.getFirst();
    }
    MeasuredImatrix measured = MeasuredImatrix.readGguf(kept);
    measured.entries().values().forEach(e -> e.sums()[0] += 1);
    measured.writeGguf(kept);
    OutputReport other = quantize(method, "out", true);
    assertThat(other.directory().resolve("recipe.json")).content().isNotEqualTo(recipe);

    Files.writeString(kept, "damaged");
    OutputReport again = quantize(method, "out", true);
    assertThat(again.directory().resolve("recipe.json")).content().isEqualTo(recipe);
  }

  private JobPlan dryRun(GgufMethod method) throws IOException {
    List<JobPlan> plans = new ArrayList<>();
    QuantizeRequest request =
        QuantizeRequest.of(MODEL.toString(), method)
            .outputRoot(directory.resolve("out"))
            .threads(1)
            .dryRun(true)
            .build();
    new QuantizeJob(request, new ScalarKernels())
        .run(
            event -> {
              if (event instanceof JobEvent.Planned planned) {
                plans.add(planned.plan());
              }
            });
    return plans.getFirst();
  }

  @Test
  void onlyDecodersThatGgufKnowsHaveOne() throws IOException {
    Path bert = TinyModels.extract("BertForMaskedLM", "config.json", directory);
    Files.copy(MODEL.resolve("tokenizer.json"), bert.resolve("tokenizer.json"));
    assertThatThrownBy(() -> measure(bert, 16, 2))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("only a decoder");

    Path opt = TinyModels.extract("OPTForCausalLM", "config.json", directory);
    Files.copy(MODEL.resolve("tokenizer.json"), opt.resolve("tokenizer.json"));
    assertThatThrownBy(() -> measure(opt, 16, 2))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("llama.cpp has no architecture for OPTForCausalLM");
  }

  private static MeasuredImatrix measure(Path model, int length, int chunks) throws IOException {
    return new ImatrixJob(
            model.toString(),
            Optional.empty(),
            OptionalInt.of(length),
            OptionalInt.of(chunks),
            TorchOptions.DEFAULTS.withThreads(1))
        .run(ModelDownload.HUB, _ -> {}, SILENT);
  }

  private static GgufMethod q4(GgufMethod.Importance importance) {
    return new GgufMethod(
        List.of(GgufFileType.Q4_K_M),
        MixOptions.NONE,
        Optional.of(importance),
        OptionalLong.empty());
  }

  private OutputReport quantize(GgufMethod method, String root, boolean force) throws IOException {
    QuantizeRequest request =
        QuantizeRequest.of(MODEL.toString(), method)
            .outputRoot(directory.resolve(root))
            .threads(1)
            .force(force)
            .build();
    return new QuantizeJob(request, new ScalarKernels()).run(_ -> {}).outputs().getFirst();
  }

  private static byte[] tail(byte[] bytes, int count) {
    return Arrays.copyOfRange(bytes, bytes.length - count, bytes.length);
  }
}
