package dev.lqmf.torch.gptq;

import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Floats;
import dev.lqmf.torch.LoadedBlock;
import dev.lqmf.torch.StackRunner;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Quantizes the linear layers of a model's blocks with GPTQ, block by block. In a block, layers
 * that share an input come together, in the order of computation: the calibration windows run up to
 * them through what is quantized already, their Hessian is summed, they are solved and replaced.
 * Then the windows run through the quantized block to the next one.
 *
 * <p>In memory are one block, the hidden states of the windows, and the Hessians of layers that
 * share an input. The same model, settings, windows and device give the same bytes, whatever the
 * number of threads, and whether a run was interrupted or not: layers that {@link GptqResults} has
 * already are used and not solved again.
 */
public final class GptqRun {
  /** Bytes that Hessians of experts may take together. */
  private static final long HESSIANS = 1L << 31;

  private final GptqSettings settings;
  private final GptqResults results;
  private final GptqListener listener;
  private final int blocks;
  private final int sequences;
  private final Set<Linear> left = new LinkedHashSet<>();
  private int block;

  private GptqRun(
      GptqSettings settings,
      GptqResults results,
      GptqListener listener,
      int blocks,
      int sequences) {
    this.settings = settings;
    this.results = results;
    this.listener = listener;
    this.blocks = blocks;
    this.sequences = sequences;
  }

  /**
   * Quantizes a model. Embeddings and routers stay as they are.
   *
   * @param weights of the model; read block by block
   * @param options device, precision and threads; the limit for memory has no part in it
   * @param windows calibration tokens, sequences of one length. An encoder reads them; a decoder
   *     behind an encoder gets them too, after the token that a decoder begins with
   * @param head whether the output head is quantized, too; its projection must have a weight of its
   *     own, and read the last hidden state
   * @return layers that stay as they are, since the layout needs a multiple of 32 inputs and
   *     outputs; each has been the subject of a warning
   * @throws InputException if the model cannot be run, there are no windows, or activations are not
   *     finite
   * @throws IOException if weights cannot be read or results cannot be kept
   */
  public static List<Linear> quantize(
      Network network,
      ModuleWeights weights,
      TorchOptions options,
      int[][] windows,
      GptqSettings settings,
      boolean head,
      GptqResults results,
      GptqListener listener)
      throws IOException {
    if (windows.length == 0 || windows[0].length == 0) {
      throw new InputException("there is no calibration text", "give one, or a longer one");
    }
    GptqRun run = new GptqRun(settings, results, listener, network.blocks().size(), windows.length);
    // With no memory for weights, blocks are read one at a time.
    try (TorchModel model = TorchModel.open(network, weights, options.withMaxMemory(1))) {
      run.walk(model, windows, head);
    }
    return List.copyOf(run.left);
  }

  private void walk(TorchModel model, int[][] windows, boolean head) throws IOException {
    Activations encoded = null;
    Activations last = null;
    try {
      if (model.encoder().isPresent()) {
        encoded = walk(model.encoder().get(), windows, null);
      }
      if (model.decoder().isPresent()) {
        int[][] ids = windows;
        if (encoded != null) {
          ids = shifted(windows, model.network().decoderStart().orElse(0));
        }
        last = walk(model.decoder().get(), ids, encoded);
      }
      if (head) {
        quantizeHead(model, Objects.requireNonNull(last == null ? encoded : last));
      }
    } finally {
      if (last != null) {
        last.close();
      }
      if (encoded != null) {
        encoded.close();
      }
    }
  }

  private static int[][] shifted(int[][] windows, int start) {
    int[][] shifted = new int[windows.length][];
    for (int i = 0; i < windows.length; i++) {
      shifted[i] = new int[windows[i].length];
      shifted[i][0] = start;
      System.arraycopy(windows[i], 0, shifted[i], 1, windows[i].length - 1);
    }
    return shifted;
  }

  private Activations walk(StackRunner runner, int[][] ids, @Nullable Activations encoded)
      throws IOException {
    Activations states = runner.embed(ids);
    try {
      for (int b = 0; b < runner.stack().blocks().size(); b++) {
        try (LoadedBlock loaded = runner.load(b)) {
          listener.computing();
          for (List<Linear> stage : stages(loaded.block())) {
            quantize(runner, loaded, stage, states, encoded);
          }
          Activations next = runner.apply(loaded, states, encoded, listener::computing);
          states.close();
          states = next;
        }
        block++;
      }
      return runner.finish(states);
    } finally {
      states.close();
    }
  }

  /**
   * Layers that are quantized after one pass. Experts do not read each other's results, so their
   * layers come together, as many as their Hessians allow.
   */
  static List<List<Linear>> stages(Block block) {
    List<List<Linear>> stages = new ArrayList<>();
    for (Sublayer sublayer : block.sublayers()) {
      if (sublayer.operation() instanceof Experts experts) {
        stages.addAll(pieces(experts.experts().stream().map(e -> List.of(e.gate(), e.up()))));
        stages.addAll(pieces(experts.experts().stream().map(e -> List.of(e.down()))));
      } else {
        stages.addAll(sublayer.operation().inputGroups());
      }
    }
    return stages;
  }

  private static List<List<Linear>> pieces(Stream<List<Linear>> groups) {
    List<List<Linear>> pieces = new ArrayList<>();
    long bytes = HESSIANS;
    for (List<Linear> group : groups.toList()) {
      long in = group.getFirst().in();
      bytes += in * in * Float.BYTES;
      if (bytes > HESSIANS) {
        pieces.add(new ArrayList<>());
        bytes = in * in * Float.BYTES;
      }
      pieces.getLast().addAll(group);
    }
    return pieces;
  }

  /** The head reads each position, so one sum of all is enough. */
  private void quantizeHead(TorchModel model, Activations hidden) throws IOException {
    Linear layer = model.network().head().projection();
    if (!isOpen(layer)) {
      return;
    }
    if (results.find(layer).isPresent()) {
      tellReused(layer);
    } else {
      try (HessianSum sum = new HessianSum();
          InferenceMode _ = new InferenceMode(true);
          PointerScope _ = new PointerScope()) {
        for (Tensor part : hidden.parts()) {
          listener.computing();
          sum.add(HessianSum.product(part), part.numel() / part.size(-1));
        }
        solve(model.headWeight(), layer, sum);
      }
    }
  }

  /** Whether the layout can hold a layer; if not, a warning says so. */
  private boolean isOpen(Linear layer) {
    if (GptqMatrix.supports(settings.bits(), layer.in(), layer.out())) {
      return true;
    }
    left.add(layer);
    listener.warning(
        "%s stays as it is: %d × %d is not a multiple of 32 both ways"
            .formatted(layer.module(), layer.out(), layer.in()));
    return false;
  }

  private void tellReused(Linear layer) {
    listener.layer(
        new LayerReport(block, blocks, layer, 0, settings.damp(), 0, true, Duration.ZERO));
  }

  private void quantize(
      StackRunner runner,
      LoadedBlock loaded,
      List<Linear> stage,
      Activations states,
      @Nullable Activations encoded)
      throws IOException {
    Set<Linear> open = new LinkedHashSet<>();
    for (Linear layer : stage) {
      if (!isOpen(layer)) {
        continue;
      }
      Optional<GptqMatrix> known = results.find(layer);
      if (known.isPresent()) {
        replace(loaded, layer, known.get());
        tellReused(layer);
      } else {
        open.add(layer);
      }
    }
    if (open.isEmpty()) {
      return;
    }
    Map<Linear, HessianSum> sums = new LinkedHashMap<>();
    try {
      HessianCollector collector = new HessianCollector(open, sums, listener::computing);
      runner.observe(loaded, states, encoded, collector);
      for (Linear layer : open) {
        try (InferenceMode _ = new InferenceMode(true);
            PointerScope _ = new PointerScope()) {
          solve(loaded.weight(layer), layer, collector.sumOf(layer));
        }
      }
    } finally {
      sums.values().forEach(HessianSum::close);
    }
  }

  private void solve(Tensor weight, Linear layer, @Nullable HessianSum sum) throws IOException {
    long start = System.nanoTime();
    GptqSolver.Solution solution;
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor hessian;
      if (sum == null) {
        listener.warning(
            "%s saw no token of the calibration text: its weights are rounded to nearest"
                .formatted(layer.module()));
        hessian =
            torch
                .eye(layer.in(), new TensorOptions(ScalarType.Float))
                .to(weight.device(), ScalarType.Float);
      } else {
        hessian = sum.mean(sequences);
      }
      solution =
          new GptqSolver(settings)
              .solve(
                  weight,
                  hessian,
                  m -> listener.warning(layer.module() + ": " + m),
                  listener::computing);
    } catch (InputException e) {
      throw new InputException(layer.module() + ": " + e.getMessage(), e.mend(), e);
    }
    results.put(layer, solution.matrix());
    listener.layer(
        new LayerReport(
            block,
            blocks,
            layer,
            sum == null ? 0 : solution.loss(),
            solution.damp(),
            sum == null ? 0 : sum.rows(),
            false,
            Duration.ofNanos(System.nanoTime() - start)));
  }

  private static void replace(LoadedBlock loaded, Linear layer, GptqMatrix matrix) {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Device cpu = new Device(DeviceType.CPU);
      float[] values = matrix.dequantized();
      loaded
          .weight(layer)
          .copy_(Floats.floats(cpu, ScalarType.Float, values, layer.out(), layer.in()));
    }
  }
}
