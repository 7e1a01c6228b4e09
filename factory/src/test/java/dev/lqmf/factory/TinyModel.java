package dev.lqmf.factory;

import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A GGUF file with seeded weights in the shape of a Llama model. */
final class TinyModel {
  private static final int WIDTH = 256;

  private TinyModel() {}

  /** Writes the model; its matrices are of that type. */
  static Path write(Path file, TensorType type, int layers, long seed) throws IOException {
    List<TensorInfo> tensors = new ArrayList<>();
    tensors.add(new TensorInfo("token_embd.weight", type, Shape.of(96, WIDTH)));
    for (int i = 0; i < layers; i++) {
      String block = "blk." + i + ".";
      tensors.add(new TensorInfo(block + "attn_norm.weight", TensorType.F32, Shape.of(WIDTH)));
      for (String matrix : List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_down")) {
        tensors.add(new TensorInfo(block + matrix + ".weight", type, Shape.of(WIDTH, WIDTH)));
      }
    }
    tensors.add(new TensorInfo("output.weight", type, Shape.of(96, WIDTH)));
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putString("general.architecture", "llama")
            .putString("general.name", "Tiny")
            .putU32("llama.block_count", layers)
            .putU32("llama.attention.head_count", 8)
            .putU32("llama.attention.head_count_kv", 2)
            .build();
    Random random = new Random(seed);
    try (GgufWriter writer = GgufWriter.create(file, metadata, tensors)) {
      for (int i = 0; i < tensors.size(); i++) {
        TensorInfo tensor = tensors.get(i);
        float[] values = new float[(int) tensor.shape().elements()];
        for (int j = 0; j < values.length; j++) {
          values[j] = (float) random.nextGaussian();
        }
        byte[] bytes = new byte[(int) tensor.byteSize()];
        new ScalarKernels()
            .format(tensor.type())
            .encode(values, 0, 1, values.length, null, MemorySegment.ofArray(bytes), 0);
        writer.write(i, 0, MemorySegment.ofArray(bytes));
      }
      writer.commit();
    }
    return file;
  }
}
