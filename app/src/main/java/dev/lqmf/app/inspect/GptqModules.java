package dev.lqmf.app.inspect;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.torch.gptq.GptqCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GPTQ checkpoint as the model it was made from: what a module stores is one tensor, {@code
 * X.weight}.
 *
 * @param bits of a code
 * @param groupSize inputs that share a scale; not positive: all
 */
record GptqModules(long bits, long groupSize) {
  private static final String CODES = ".qweight";
  private static final List<String> PARTS = List.of(".qzeros", ".scales", ".g_idx");

  /** Bits of the words that hold the codes. */
  private static final int WORD = 32;

  /** How a checkpoint says that it is quantized with GPTQ, if it does. */
  static Optional<GptqModules> of(Path directory) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    if (!files.has("config.json")) {
      return Optional.empty();
    }
    return GptqCheckpoint.quantization(files, HfConfig.read(files))
        .map(q -> new GptqModules(q.integer("bits").orElse(0), q.integer("group_size").orElse(-1)))
        .filter(m -> m.bits > 0 && m.bits <= WORD);
  }

  /** As people call it. */
  String format() {
    return "GPTQ checkpoint, %d bits, ".formatted(bits)
        + (groupSize > 0 ? "groups of " + groupSize : "a scale for each output");
  }

  /** The tensors, those of a module as one. */
  List<Inspection.Tensor> joined(List<TensorInfo> stored) {
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    stored.forEach(t -> byName.put(t.name(), t));
    List<Inspection.Tensor> joined = new ArrayList<>();
    for (TensorInfo tensor : stored) {
      if (isPacked(tensor)) {
        String module = withoutEnd(tensor.name(), CODES);
        long bytes = tensor.byteSize();
        for (String part : PARTS) {
          TensorInfo found = byName.get(module + part);
          bytes += found == null ? 0 : found.byteSize();
        }
        long inputs = tensor.shape().dim(0) * WORD / bits;
        joined.add(
            new Inspection.Tensor(
                module + ".weight",
                "GPTQ %d-bit".formatted(bits),
                Shape.of(tensor.shape().dim(1), inputs),
                bytes));
      } else if (!belongs(tensor, byName)) {
        joined.add(new Inspection.Tensor(tensor));
      }
    }
    return joined;
  }

  private static boolean isPacked(TensorInfo tensor) {
    return tensor.name().endsWith(CODES)
        && tensor.type() == TensorType.I32
        && tensor.shape().rank() == 2;
  }

  private static boolean belongs(TensorInfo tensor, Map<String, TensorInfo> byName) {
    return PARTS.stream()
        .filter(part -> tensor.name().endsWith(part))
        .map(part -> byName.get(withoutEnd(tensor.name(), part) + CODES))
        .anyMatch(codes -> codes != null && isPacked(codes));
  }

  private static String withoutEnd(String name, String end) {
    return name.substring(0, name.length() - end.length());
  }
}
