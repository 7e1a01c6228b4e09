package example.rtn;

import dev.lqmf.factory.plugin.LayerMethod;
import dev.lqmf.factory.plugin.LayerOption;
import dev.lqmf.factory.plugin.LayerQuantizer;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.gptq.GptqTensors;
import dev.lqmf.quant.gptq.ZeroPoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** Rounds weights to the nearest of 16 values, symmetric around zero, in the layout of GPTQ. */
public final class RoundToNearest implements LayerMethod {
  private static final int BITS = 4;
  private static final int ZERO = 1 << BITS - 1;
  private static final int LARGEST = (1 << BITS) - 1;

  @Override
  public String name() {
    return "rtn";
  }

  @Override
  public String advice() {
    return "4 bits by rounding to nearest, in the layout of GPTQ; fast, without calibration";
  }

  @Override
  public List<LayerOption> options() {
    return List.of(
        new LayerOption("group-size", "128", "inputs that share a scale, a multiple of 32"));
  }

  @Override
  public LayerQuantizer configure(Map<String, String> options) {
    String given = options.get("group-size");
    int groupSize;
    try {
      groupSize = Integer.parseInt(given);
    } catch (NumberFormatException e) {
      throw new InputException(
          "group-size %s is no number".formatted(InputException.quote(given)), "use 128", e);
    }
    if (groupSize < 32 || groupSize % 32 != 0) {
      throw new InputException(
          "groups of %d inputs are not supported".formatted(groupSize), "use a multiple of 32");
    }
    return new Rounding(groupSize);
  }

  private record Rounding(int groupSize) implements LayerQuantizer {

    @Override
    public String label() {
      return "RTN 4 bit";
    }

    @Override
    public String suffix() {
      return "rtn_4bit" + (groupSize == 128 ? "" : "_g" + groupSize);
    }

    @Override
    public int revision() {
      return 1;
    }

    @Override
    public Map<String, Map<String, Object>> files() {
      Map<String, Object> config =
          new GptqSettings(BITS, groupSize, true, false, false, GptqSettings.DEFAULTS.damp())
              .config("rtn:1.0.0", false, Map.of());
      return Map.of(
          "config.json", Map.of("quantization_config", config), "quantize_config.json", config);
    }

    @Override
    public boolean supports(int in, int out) {
      return GptqMatrix.supports(BITS, in, out);
    }

    @Override
    public List<TensorInfo> tensors(String module, int in, int out) {
      return GptqTensors.infos(module, BITS, in, out, groupSize);
    }

    @Override
    public void quantize(float[] weights, int in, int out, List<MemorySegment> tensors) {
      int groups = GptqTensors.groups(in, groupSize);
      byte[] codes = new byte[in * out];
      short[] scales = new short[groups * out];
      byte[] zeros = new byte[groups * out];
      int[] group = new int[in];
      java.util.Arrays.fill(zeros, (byte) ZERO);
      for (int o = 0; o < out; o++) {
        for (int g = 0; g < groups; g++) {
          int from = g * groupSize;
          int to = Math.min(from + groupSize, in);
          float peak = 0;
          for (int i = from; i < to; i++) {
            peak = Math.max(peak, Math.abs(weights[o * in + i]));
            group[i] = g;
          }
          short half = Float.floatToFloat16(peak == 0 ? 1 : 2 * peak / LARGEST);
          float scale = Float.float16ToFloat(half);
          scales[g * out + o] = half;
          for (int i = from; i < to; i++) {
            int code = (int) Math.rint(weights[o * in + i] / scale) + ZERO;
            codes[i * out + o] = (byte) Math.clamp(code, 0, LARGEST);
          }
        }
      }
      GptqMatrix matrix = new GptqMatrix(BITS, in, out, codes, scales, zeros, group);
      List<MemorySegment> bytes = GptqTensors.bytes(matrix, ZeroPoints.V1);
      for (int i = 0; i < tensors.size(); i++) {
        tensors.get(i).copyFrom(bytes.get(i));
      }
    }
  }
}
