package dev.lqmf.torch.gptq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.ConstantWeights;
import dev.lqmf.model.view.ReshapedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole models, block by block. */
class GptqRunTest {
  /** Three bits: what quantization costs, and what GPTQ saves, is far above chance. */
  private static final GptqSettings SETTINGS = new GptqSettings(3, 128, true, false, false, 0.05);

  @TempDir private Path directory;

  /** Keeps layers, and stops a run like a kill. */
  private static final class Kept implements GptqResults {
    private final Map<Linear, GptqMatrix> layers = new LinkedHashMap<>();
    private int most = Integer.MAX_VALUE;

    @Override
    public Optional<GptqMatrix> find(Linear layer) {
      return Optional.ofNullable(layers.get(layer));
    }

    @Override
    public void put(Linear layer, GptqMatrix matrix) throws IOException {
      if (layers.size() == most) {
        throw new IOException("killed");
      }
      assertThat(layers.put(layer, matrix)).isNull();
    }

    /** The model with its layers replaced by what they were quantized to. */
    ModuleWeights over(ModuleWeights original) {
      Map<String, Weights> replaced = new LinkedHashMap<>();
      layers.forEach(
          (layer, m) ->
              replaced.put(
                  layer.weight(),
                  new ReshapedWeights(
                      ConstantWeights.of(m.dequantized()), Shape.of(layer.out(), layer.in()))));
      return new ModuleWeights() {
        @Override
        public Optional<Weights> find(String name) {
          return Optional.ofNullable(replaced.get(name)).or(() -> original.find(name));
        }

        @Override
        public String origin() {
          return original.origin();
        }
      };
    }
  }

  private static final class Heard implements GptqListener {
    private final List<LayerReport> reports = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    @Override
    public void layer(LayerReport report) {
      reports.add(report);
    }

    @Override
    public void warning(String message) {
      warnings.add(message);
    }
  }

  /** Negative log-likelihood of the second halves of windows. */
  private static double loss(Network network, ModuleWeights weights, int[][] windows)
      throws IOException {
    double sum = 0;
    int count = 0;
    try (TorchModel model = TorchModel.open(network, weights, GptqFixtures.OPTIONS)) {
      for (int[] window : windows) {
        int half = window.length / 2;
        int[] next = Arrays.copyOfRange(window, half, window.length);
        try (Activations hidden = model.hidden(new int[][] {window});
            Logits logits = model.logits(hidden, half - 1, next.length)) {
          for (float p : logits.logProbabilities(next)) {
            sum -= p;
            count++;
          }
        }
      }
    }
    return sum / count;
  }

  @Test
  void losesClearlyLessThanRoundingToNearest() throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(GptqFixtures.MODEL));
    Network network = Families.network(config);
    int[][] windows = GptqFixtures.windows("calibration.bin", 16);
    int[][] heldOut = GptqFixtures.windows("heldout.bin", 8);
    try (TensorSource source = Checkpoints.open(GptqFixtures.MODEL)) {
      ModuleWeights weights = CheckpointWeights.of(config, network, source);
      Kept kept = new Kept();
      Heard heard = new Heard();

      List<Linear> left =
          GptqRun.quantize(
              network, weights, GptqFixtures.OPTIONS, windows, SETTINGS, false, kept, heard);

      double original = loss(network, weights, heldOut);
      double gptq = loss(network, kept.over(weights), heldOut);
      double nearest = loss(network, nearest(network, weights).over(weights), heldOut);
      assertThat(gptq - original).isBetween(0.0, 0.7 * (nearest - original));
      assertThat(left).isEmpty();
      assertThat(heard.warnings).isEmpty();
      assertThat(heard.reports.stream().map(LayerReport::layer))
          .containsExactlyElementsOf(network.linears().toList());
      assertThat(heard.reports)
          .allSatisfy(
              r -> {
                assertThat(r.loss()).isPositive();
                assertThat(r.rows()).isEqualTo(16 * 256);
              });
    }
  }

  /** Without correlations between inputs, there is nothing that one could make up for. */
  private static Kept nearest(Network network, ModuleWeights weights) throws IOException {
    Kept kept = new Kept();
    for (Linear layer : network.linears().toList()) {
      kept.put(layer, RoundToNearest.of(layer, weights, SETTINGS));
    }
    return kept;
  }

  @Test
  void threadsAndInterruptionsLeaveTheResultAsItIs() throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(GptqFixtures.MODEL));
    Network network = Families.network(config);
    int[][] windows = GptqFixtures.windows("calibration.bin", 12);
    try (TensorSource source = Checkpoints.open(GptqFixtures.MODEL)) {
      ModuleWeights weights = CheckpointWeights.of(config, network, source);
      Kept whole = new Kept();
      GptqRun.quantize(
          network,
          weights,
          GptqFixtures.OPTIONS,
          windows,
          SETTINGS,
          false,
          whole,
          GptqListener.NONE);

      Kept resumed = new Kept();
      TorchOptions two = GptqFixtures.OPTIONS.withThreads(2);
      // In the middle of the second block, between two layers that share their input.
      resumed.most = 8;
      assertThatThrownBy(
              () ->
                  GptqRun.quantize(
                      network, weights, two, windows, SETTINGS, false, resumed, GptqListener.NONE))
          .hasMessage("killed");
      resumed.most = Integer.MAX_VALUE;
      assertThat(resumed.layers).hasSize(8);
      GptqRun.quantize(network, weights, two, windows, SETTINGS, false, resumed, GptqListener.NONE);

      assertThat(resumed.layers).isEqualTo(whole.layers);
    }
  }

  /** A pass over a block of a large model takes minutes: nobody waits for its end. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7})
  void endsInTheMiddleOfAPass(int layers) throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(GptqFixtures.MODEL));
    Network network = Networks.of(config);
    int[][] windows = GptqFixtures.windows("calibration.bin", 12);
    try (TensorSource source = Checkpoints.open(GptqFixtures.MODEL)) {
      ModuleWeights weights = CheckpointWeights.of(config, network, source);
      Kept kept = new Kept();
      GptqListener impatient =
          new GptqListener() {
            @Override
            public void layer(LayerReport report) {}

            @Override
            public void warning(String message) {}

            @Override
            public void computing() {
              if (kept.layers.size() == layers) { // 7: all of the first block
                throw new CancellationException("enough");
              }
            }
          };

      assertThatThrownBy(
              () ->
                  GptqRun.quantize(
                      network,
                      weights,
                      GptqFixtures.OPTIONS,
                      windows,
                      SETTINGS,
                      false,
                      kept,
                      impatient))
          .isInstanceOf(CancellationException.class);
      assertThat(kept.layers).hasSize(layers);
    }
  }

  /** Experts, some of which no token chooses, and fused layers. */
  @ParameterizedTest
  @ValueSource(strings = {"MixtralForCausalLM", "Phi3ForCausalLM", "Qwen3MoeForCausalLM"})
  void everyLayerIsQuantized(String name) throws IOException {
    everyLayerIsQuantized(TinyModels.extract(name, "config.json", directory));
  }

  @Test
  void transposedLayersAreQuantizedAsOthers() throws IOException {
    everyLayerIsQuantized(GptqFixtures.MODEL.resolveSibling("docs-gpt2-4m"));
  }

  private static int[][] random() {
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    int[][] windows = new int[8][16];
    for (int[] window : windows) {
      Arrays.setAll(window, _ -> 10 + random.nextInt(100));
    }
    return windows;
  }

  private static void everyLayerIsQuantized(Path model) throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(model));
    Network network = Families.network(config);
    try (TensorSource source = Checkpoints.open(model)) {
      ModuleWeights weights = CheckpointWeights.of(config, network, source);
      Kept kept = new Kept();
      Heard heard = new Heard();

      List<Linear> left =
          GptqRun.quantize(
              network,
              weights,
              GptqFixtures.OPTIONS,
              random(),
              new GptqSettings(8, 32, true, false, false, 0.05),
              false,
              kept,
              heard);

      assertThat(left).isEmpty();
      assertThat(kept.layers.keySet())
          .containsExactlyInAnyOrderElementsOf(network.linears().toList());
      // Eight bits: codes stand for nearly what was there.
      for (Map.Entry<Linear, GptqMatrix> e : kept.layers.entrySet()) {
        float[] original = RoundToNearest.weights(e.getKey(), weights);
        float[] found = e.getValue().dequantized();
        double error = 0;
        double square = 0;
        for (int i = 0; i < found.length; i++) {
          error += Math.pow(found[i] - original[i], 2);
          square += Math.pow(original[i], 2);
        }
        assertThat(Math.sqrt(error / square)).as(e.getKey().module()).isLessThan(0.05);
      }
    }
  }

  /** An encoder, a decoder, both: of all these the widths are no multiples of 32. */
  @ParameterizedTest
  @ValueSource(strings = {"BertForMaskedLM", "GPT2LMHeadModel", "T5ForConditionalGeneration"})
  void whatTheLayoutCannotHoldStaysAndIsNamed(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    HfConfig config = HfConfig.read(new ModelFiles(model));
    Network network = Families.network(config);
    try (TensorSource source = Checkpoints.open(model)) {
      Kept kept = new Kept();
      Heard heard = new Heard();

      List<Linear> left =
          GptqRun.quantize(
              network,
              CheckpointWeights.of(config, network, source),
              GptqFixtures.OPTIONS,
              random(),
              SETTINGS,
              false,
              kept,
              heard);

      assertThat(left).isNotEmpty().hasSameSizeAs(heard.warnings);
      assertThat(left).allMatch(l -> l.in() % 32 != 0 || l.out() % 32 != 0);
      assertThat(left.size() + kept.layers.size()).isEqualTo((int) network.linears().count());
      assertThat(heard.warnings.getFirst())
          .startsWith(left.getFirst().module() + " stays as it is");
    }
  }
}
