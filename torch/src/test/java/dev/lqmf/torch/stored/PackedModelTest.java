package dev.lqmf.torch.stored;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.PackedWarmUp;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.DecodingSession;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.Precision;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models whose weights stay packed, beside the same models unpacked. */
class PackedModelTest {
  private static final Path RESOURCES =
      Path.of("src", "test", "resources", "dev", "lqmf", "torch", "stored");

  private static final int[] TOKENS = {1, 17, 5, 60, 33, 2, 48, 9, 21, 40, 11, 58};

  /** A prompt of several tokens, one that is multiplied without decoding, then token by token. */
  @ParameterizedTest
  @CsvSource({
    "llama-nf4, 1",
    "llama-nf4, 3",
    "llama-fp4, 1",
    "llama-int8, 3",
    "gpt2-nf4, 1",
    "gpt2-int8, 1",
    "../gptq/docs-llama-4m-gptq, 1",
    "../gptq/docs-llama-4m-gptq, 3"
  })
  void scoresAreThoseOfTheUnpackedModel(String name, int threads) throws Exception {
    TorchOptions options = TorchOptions.DEFAULTS.withThreads(threads);
    // First while the plain loops may still do the work, then with the vector kernels.
    assertSameScores(name, options, false);
    assertSameScores(name, options, true);
  }

  private static void assertSameScores(String name, TorchOptions options, boolean warm)
      throws Exception {
    try (StoredModel stored = StoredModel.open(RESOURCES.resolve(name), name);
        TorchModel packed = TorchModel.open(stored.network(), stored.weights(), options);
        TorchModel plain =
            TorchModel.open(stored.network(), new Unpacked(stored.weights()), options)) {
      if (warm) {
        PackedWarmUp.awaitAll();
      }
      for (int prompt : new int[] {1, 2, 4, 5, 11}) {
        try (DecodingSession one = packed.session();
            DecodingSession other = plain.session()) {
          assertSame(append(one, 0, prompt), append(other, 0, prompt), 1e-5);
          for (int i = prompt; i < TOKENS.length; i++) {
            assertSame(append(one, i, i + 1), append(other, i, i + 1), 1e-5);
          }
        }
      }
    }
  }

  private static float[] append(DecodingSession session, int from, int to) throws IOException {
    return session.append(Arrays.copyOfRange(TOKENS, from, to));
  }

  /** Decoded weights are rounded, as unpacked ones are. */
  @ParameterizedTest
  @CsvSource({"llama-nf4", "../gptq/docs-llama-4m-gptq"})
  void bfloat16GivesTheSame(String name) throws IOException {
    TorchOptions options = TorchOptions.DEFAULTS.with(Precision.BFLOAT16).withThreads(1);
    try (StoredModel stored = StoredModel.open(RESOURCES.resolve(name), name);
        TorchModel packed = TorchModel.open(stored.network(), stored.weights(), options);
        TorchModel plain =
            TorchModel.open(stored.network(), new Unpacked(stored.weights()), options)) {
      for (int length : new int[] {1, 12}) {
        // Sums of another order, rounded to 8 bits.
        assertSame(scores(packed, length), scores(plain, length), 0.03);
      }
    }
  }

  private static float[] scores(TorchModel model, int length) throws IOException {
    try (Activations hidden = model.hidden(new int[][] {Arrays.copyOf(TOKENS, length)});
        Logits logits = model.logits(hidden, length - 1, 1)) {
      return logits.row(0);
    }
  }

  private static void assertSame(float[] found, float[] expected, double tolerance) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      double d = Math.abs((double) found[i] - expected[i]);
      difference = d >= 0 ? Math.max(difference, d) : Double.POSITIVE_INFINITY;
    }
    assertThat(found).hasSameSizeAs(expected);
    assertThat(difference / largest).isLessThan(tolerance);
  }

  @Test
  void memoryIsThatOfThePackedWeights() throws IOException {
    Path gptq = RESOURCES.resolve("../gptq/docs-llama-4m-gptq");
    try (StoredModel stored = StoredModel.open(gptq, "gptq")) {
      long packed =
          TorchModel.weightBytes(stored.network(), stored.weights(), TorchOptions.DEFAULTS);
      long plain =
          TorchModel.weightBytes(
              stored.network(), new Unpacked(stored.weights()), TorchOptions.DEFAULTS);
      assertThat(packed).isBetween(stored.bytes() * 9 / 10, stored.bytes());
      assertThat(plain).isGreaterThan(3 * packed);
    }
  }

  /** Hides that weights can be had packed. */
  private record Unpacked(ModuleWeights weights) implements ModuleWeights {
    @Override
    public Optional<Weights> find(String name) {
      return weights.find(name).map(Numbers::new);
    }

    @Override
    public String origin() {
      return weights.origin();
    }
  }

  private record Numbers(Weights weights) implements Weights {
    @Override
    public TensorType type() {
      return weights.type();
    }

    @Override
    public Shape shape() {
      return weights.shape();
    }

    @Override
    public void read(long byteOffset, MemorySegment target) throws IOException {
      weights.read(byteOffset, target);
    }
  }
}
