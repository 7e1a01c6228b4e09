package dev.lqmf.factory;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes tiny models wide enough for the GPTQ layout: sides that are multiples of 12 grow by a
 * third, 48 to 64 for example, and values are repeated with a little noise.
 */
final class WideModels {
  private static final Set<String> SIZES =
      Set.of(
          "d_ff",
          "d_model",
          "decoder_ffn_dim",
          "encoder_ffn_dim",
          "ffn_dim",
          "ffn_hidden_size",
          "head_dim",
          "hidden_size",
          "intermediate_size",
          "n_embd",
          "n_inner",
          "word_embed_proj_dim");

  private WideModels() {}

  /** Widens a checkpoint in its directory; its tensors are float32. */
  static void widen(Path model) throws IOException {
    Path file = model.resolve("config.json");
    ObjectNode config = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
    long vocabulary = config.get("vocab_size").asLong();
    for (String name : SIZES) {
      if (config.path(name).isInt()) {
        config.put(name, wider(config.get(name).asLong()));
      }
    }
    Files.writeString(file, config.toString());

    Path weights = model.resolve("model.safetensors");
    Path widened = model.resolve("wide.safetensors");
    Random random = new Random(7);
    try (TensorSource source = SafetensorsFile.open(weights)) {
      List<TensorInfo> before = List.copyOf(source.tensors());
      List<TensorInfo> after =
          before.stream()
              .map(t -> new TensorInfo(t.name(), t.type(), wider(t.shape(), vocabulary)))
              .toList();
      try (SafetensorsWriter writer = SafetensorsWriter.create(widened, Map.of(), after)) {
        for (int i = 0; i < after.size(); i++) {
          float[] old = new float[Math.toIntExact(before.get(i).shape().elements())];
          source.read(before.get(i), 0, MemorySegment.ofArray(old));
          float[] values = new float[Math.toIntExact(after.get(i).shape().elements())];
          for (int v = 0; v < values.length; v++) {
            values[v] = old[v % old.length] * (1 + 0.1f * (float) random.nextGaussian());
          }
          writer.write(i, 0, MemorySegment.ofArray(values));
        }
        writer.commit();
      }
    }
    Files.move(widened, weights, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Shape wider(Shape shape, long vocabulary) {
    return Shape.of(
        Arrays.stream(shape.toArray()).map(s -> s == vocabulary ? s : wider(s)).toArray());
  }

  private static long wider(long side) {
    return side % 12 == 0 ? side / 3 * 4 : side;
  }
}
