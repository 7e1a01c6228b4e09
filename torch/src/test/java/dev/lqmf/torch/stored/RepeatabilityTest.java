package dev.lqmf.torch.stored;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.PackedWarmUp;
import dev.lqmf.torch.DecodingSession;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A near tie is decided by the last bit of a score, which therefore must not depend on when the JVM
 * compiles what: compiled vector kernels are held against another JVM, whose optimizing compiler is
 * off, so that they never get fast and plain loops do the work.
 */
class RepeatabilityTest {
  private static final Path RESOURCES =
      Path.of("src", "test", "resources", "dev", "lqmf", "torch", "stored");

  /** Packed in all formats, and not packed. */
  private static final List<String> MODELS =
      List.of(
          "llama-nf4",
          "gpt2-nf4",
          "llama-int8",
          "../gptq/docs-llama-4m-gptq",
          "../variants/llama-biases");

  /** Fewer than a product takes without decoding, or more. */
  private static final int[] PROMPTS = {2, 7};

  private static final int[] TOKENS = {1, 17, 5, 60, 33, 2, 48, 9, 21, 40};

  @Test
  void scoresAreTheSameBeforeAndAfterTheKernelsAreCompiled() throws Exception {
    List<String> compiled = new ArrayList<>();
    for (String name : MODELS) {
      try (StoredModel stored = StoredModel.open(RESOURCES.resolve(name), name);
          TorchModel model =
              TorchModel.open(
                  stored.network(), stored.weights(), TorchOptions.DEFAULTS.withThreads(1))) {
        scores(model); // begins to warm up
        assertThat(PackedWarmUp.awaitAll()).isTrue();
        compiled.add(name + " " + scores(model));
      }
    }

    assertThat(plain()).isEqualTo(compiled);
  }

  private static List<String> plain() throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                RepeatabilityTest.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> lines = process.inputReader().readAllLines();
    assertThat(process.waitFor()).isZero();
    return lines;
  }

  /** Prints the scores of all models, computed by another number of threads. */
  public static void main(String[] args) throws IOException {
    for (String name : MODELS) {
      try (StoredModel stored = StoredModel.open(RESOURCES.resolve(name), name);
          TorchModel model =
              TorchModel.open(
                  stored.network(), stored.weights(), TorchOptions.DEFAULTS.withThreads(3))) {
        System.out.println(name + " " + scores(model));
      }
    }
  }

  /** A hash of the bits of each step's scores. */
  private static List<Integer> scores(TorchModel model) throws IOException {
    List<Integer> hashes = new ArrayList<>();
    for (int prompt : PROMPTS) {
      try (DecodingSession session = model.session()) {
        hashes.add(Arrays.hashCode(session.append(Arrays.copyOf(TOKENS, prompt))));
        for (int i = prompt; i < TOKENS.length; i++) {
          hashes.add(Arrays.hashCode(session.append(new int[] {TOKENS[i]})));
        }
      }
    }
    return hashes;
  }
}
