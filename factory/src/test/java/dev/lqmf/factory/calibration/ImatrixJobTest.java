package dev.lqmf.factory.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.ImatrixJob;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
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

    OutputReport once = quantize(new GgufMethod.Importance.Measured(Optional.of(text)), "once");
    OutputReport twice = quantize(new GgufMethod.Importance.File(file), "twice");

    // Metadata name the text and the file; the weights are at the end.
    byte[] first = Files.readAllBytes(once.files().getFirst());
    byte[] second = Files.readAllBytes(twice.files().getFirst());
    int bytes = Math.toIntExact(once.tensorBytes());
    assertThat(tail(first, bytes)).isEqualTo(tail(second, bytes));
    assertThat(Files.readString(once.directory().resolve("recipe.json"))).contains("text.txt");
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

  private OutputReport quantize(GgufMethod.Importance importance, String root) throws IOException {
    GgufMethod method =
        new GgufMethod(
            List.of(GgufFileType.Q4_K_M),
            MixOptions.NONE,
            Optional.of(importance),
            OptionalLong.empty());
    QuantizeRequest request =
        QuantizeRequest.of(MODEL.toString(), method)
            .outputRoot(directory.resolve(root))
            .threads(1)
            .build();
    return new QuantizeJob(request, new ScalarKernels()).run(_ -> {}).outputs().getFirst();
  }

  private static byte[] tail(byte[] bytes, int count) {
    return Arrays.copyOfRange(bytes, bytes.length - count, bytes.length);
  }
}
