package dev.lqmf.factory.calibration;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.arch.Family;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufName;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.importance.InputSquares;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntConsumer;

/** Measures an importance matrix: what {@code llama-imatrix} does with the model's GGUF. */
public final class ImatrixRun {
  private ImatrixRun() {}

  /**
   * Runs a text through a model that is only a decoder.
   *
   * @param path where the model is
   * @param stored the model, open
   * @param progress told how many blocks are done, again and again while one is computed; what it
   *     throws ends the call
   * @throws InputException if GGUF has no such model, or it is no decoder
   */
  public static MeasuredImatrix measure(
      Path path,
      StoredModel stored,
      CalibrationTokens tokens,
      String dataset,
      TorchOptions options,
      IntConsumer progress)
      throws IOException {
    Architecture architecture = architecture(path, stored);
    Map<Linear, InputSquares.Sum> sums =
        InputSquares.measure(stored.network(), stored.weights(), options, tokens.ids(), progress);
    Map<Linear, Integer> experts = experts(stored);
    SortedMap<String, MeasuredImatrix.Entry> entries = new TreeMap<>();
    sums.forEach(
        (layer, sum) -> {
          GgufName name =
              GgufName.of(architecture, layer.weight())
                  .orElseThrow(
                      () ->
                          new InputException(
                              "a GGUF of %s has no tensor for %s"
                                  .formatted(stored.name(), layer.module()),
                              "quantize this model without an importance matrix"));
          put(entries, name, experts.getOrDefault(layer, 1), sum);
        });
    return new MeasuredImatrix(entries, dataset, tokens.count(), tokens.length());
  }

  private static Architecture architecture(Path path, StoredModel stored) throws IOException {
    if (stored.source() instanceof GgufFile gguf) {
      Map<String, Weights> tensors = new LinkedHashMap<>();
      for (TensorInfo tensor : gguf.tensors()) {
        tensors.put(tensor.name(), new StoredWeights(gguf, tensor));
      }
      return Families.ofGguf(new GgufReading(gguf.metadata(), tensors)).gguf().orElseThrow();
    }
    HfConfig config = HfConfig.read(new ModelFiles(path));
    return Families.find(config.architecture())
        .flatMap(Family::gguf)
        .orElseThrow(
            () ->
                new InputException(
                    "llama.cpp has no architecture for %s, so there is no importance matrix for it"
                        .formatted(config.architecture()),
                    "quantize it with --method gptq, which measures what it needs"));
  }

  /** How many experts are stacked with a layer. */
  private static Map<Linear, Integer> experts(StoredModel stored) {
    Map<Linear, Integer> counts = new HashMap<>();
    for (Block block : stored.network().blocks()) {
      for (Sublayer sublayer : block.sublayers()) {
        if (sublayer.operation() instanceof Experts e) {
          e.inputGroups().forEach(g -> g.forEach(l -> counts.put(l, e.experts().size())));
        }
      }
    }
    return counts;
  }

  private static void put(
      SortedMap<String, MeasuredImatrix.Entry> entries,
      GgufName name,
      int matrices,
      InputSquares.Sum sum) {
    int columns = sum.squares().length;
    int matrix = Math.max(0, name.expert());
    MeasuredImatrix.Entry entry =
        entries.computeIfAbsent(
            name.tensor(),
            _ -> new MeasuredImatrix.Entry(new float[matrices * columns], new long[matrices]));
    for (int i = 0; i < columns; i++) {
      entry.sums()[matrix * columns + i] = (float) sum.squares()[i];
    }
    entry.counts()[matrix] = sum.count();
  }
}
