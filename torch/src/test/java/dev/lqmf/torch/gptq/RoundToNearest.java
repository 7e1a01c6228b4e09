package dev.lqmf.torch.gptq;

import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What GPTQ has to be better than: scale = 2 · max |w| / (2^bits − 1), the nearest code. */
final class RoundToNearest {
  private RoundToNearest() {}

  /** {@code [out, in]}. */
  static float[] weights(Linear layer, ModuleWeights weights) throws IOException {
    Weights stored = Float32Weights.of(weights.find(layer.weight()).orElseThrow());
    float[] w = new float[layer.in() * layer.out()];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(stored.byteSize(), Float.BYTES);
      stored.read(0, bytes);
      MemorySegment.copy(bytes, ValueLayout.JAVA_FLOAT, 0, w, 0, w.length);
    }
    if (!layer.transposed()) {
      return w;
    }
    float[] turned = new float[w.length];
    for (int i = 0; i < w.length; i++) {
      turned[i % layer.out() * layer.in() + i / layer.out()] = w[i];
    }
    return turned;
  }

  static GptqMatrix of(Linear layer, ModuleWeights weights, GptqSettings settings)
      throws IOException {
    float[] w = weights(layer, weights);
    int in = layer.in();
    int out = layer.out();
    int size = settings.groupSize();
    int middle = 1 << (settings.bits() - 1);
    short[] scales = new short[in / size * out];
    byte[] codes = new byte[in * out];
    byte[] zeros = new byte[scales.length];
    Arrays.fill(zeros, (byte) middle);
    int[] index = new int[in];
    Arrays.setAll(index, i -> i / size);
    for (int o = 0; o < out; o++) {
      for (int g = 0; g < in / size; g++) {
        float largest = 0;
        for (int i = g * size; i < (g + 1) * size; i++) {
          largest = Math.max(largest, Math.abs(w[o * in + i]));
        }
        short scale = Float.floatToFloat16(2 * largest / (2 * middle - 1));
        scales[g * out + o] = scale;
        for (int i = g * size; i < (g + 1) * size; i++) {
          long code = Math.round(Math.rint(w[o * in + i] / Float.float16ToFloat(scale))) + middle;
          codes[i * out + o] = (byte) Math.clamp(code, 0, 2 * middle - 1);
        }
      }
    }
    return new GptqMatrix(settings.bits(), in, out, codes, scales, zeros, index);
  }
}
