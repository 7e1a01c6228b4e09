package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.PackedWarmUp;
import dev.lqmf.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
  @TempDir private Path directory;

  private static int[][] ids(int sequences, int length, int vocabulary) {
    Random random = new Random(11);
    int[][] ids = new int[sequences][length];
    for (int[] s : ids) {
      for (int t = 0; t < length; t++) {
        s[t] = 3 + random.nextInt(vocabulary - 3);
      }
    }
    return ids;
  }

  /** Weights that do not stay give the same result, to the bit. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "LlamaForCausalLM",
        "Gemma3ForCausalLM",
        "MixtralForCausalLM",
        "OPTForCausalLM",
        "BertForMaskedLM",
        "GPTNeoXForCausalLM"
      })
  void streamedWeightsGiveTheSameLogits(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    float[][] resident;
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      assertThat(torch.streams()).isFalse();
      resident = logits(torch);
    }
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS.withMaxMemory(100_000))) {
      assertThat(torch.streams()).isTrue();
      assertThat(logits(torch)).isDeepEqualTo(resident);
    }
  }

  private static float[][] logits(TorchModel torch) throws IOException {
    try (Activations hidden = torch.hidden(ids(70, 20, 320));
        Logits logits = torch.logits(hidden, 900, 300)) {
      return logits.toArrays();
    }
  }

  /** Every way of using a model, some hundred times; a leaked tensor each would add megabytes. */
  @ParameterizedTest
  @ValueSource(strings = {"LlamaForCausalLM", "Gemma2ForCausalLM", "BloomForCausalLM"})
  void passesLeaveNothingBehind(String name) throws Exception {
    Path model = TinyModels.extract(name, "config.json", directory);
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      use(torch, 100);
      // What is compiled in the background takes memory, too.
      PackedWarmUp.awaitAll();
      use(torch, 100);
      assertThat(leastGrowth(() -> use(torch, 200))).isLessThan(12L << 20);
    }
  }

  /**
   * Bytes that a process grew by in one of some rounds: a leak is in each, a larger heap is not.
   */
  private static long leastGrowth(Use round) throws IOException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long before = Pointer.physicalBytes();
      round.run();
      least = Math.min(least, Pointer.physicalBytes() - before);
    }
    return least;
  }

  @FunctionalInterface
  private interface Use {
    void run() throws IOException;
  }

  private static void use(TorchModel torch, int times) throws IOException {
    // 80 tokens of width 64 in float32 are 20 KB: ten tensors lost per pass would be 100 MB.
    int[][] ids = ids(4, 20, 320);
    for (int i = 0; i < times; i++) {
      try (Activations hidden = torch.hidden(ids);
          Logits logits = torch.logits(hidden, 0, 80)) {
        logits.logProbabilities(new int[80]);
        logits.best();
        assertThat(logits.divergenceFrom(logits)).containsOnly(0);
      }
      if (i % 10 == 0) {
        try (DecodingSession session = torch.session()) {
          session.append(ids[0]);
          session.append(new int[] {5});
        }
        StackRunner runner = torch.decoder().orElseThrow();
        try (Activations states = runner.embed(ids);
            LoadedBlock block = runner.load(0);
            Activations after = runner.apply(block, states, null, (_, _) -> {})) {
          assertThat(after.rows()).isEqualTo(80);
        }
      }
    }
  }

  /** Opening, too. */
  @Test
  void modelsLeaveNothingBehind() throws Exception {
    Path model = TinyModels.extract("GPT2LMHeadModel", "config.json", directory);
    open(model, 20);
    PackedWarmUp.awaitAll();
    open(model, 20);
    // 400 KB of weights each.
    assertThat(leastGrowth(() -> open(model, 100))).isLessThan(12L << 20);
  }

  private static void open(Path model, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      TorchModel.open(model, Differences.OPTIONS).close();
    }
  }
}
