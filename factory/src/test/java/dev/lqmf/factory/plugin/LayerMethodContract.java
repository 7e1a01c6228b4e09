package dev.lqmf.factory.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What every plugin's method must do. */
abstract class LayerMethodContract {
  private static final int IN = 256;
  private static final int OUT = 64;

  /** The method, as it was found. */
  abstract LayerMethod method();

  private LayerQuantizer configured() {
    return method()
        .configure(
            method().options().stream()
                .collect(Collectors.toMap(LayerOption::name, LayerOption::defaultValue)));
  }

  @Test
  void hasANameAndAdvice() {
    assertThat(method().name()).matches("[a-z][a-z0-9-]*");
    assertThat(method().advice()).isNotBlank().doesNotEndWith(".").doesNotContain("\n");
    assertThat(configured().label()).isNotBlank();
    assertThat(configured().suffix()).matches("[A-Za-z0-9_.-]+");
  }

  @Test
  void refusesNonsenseInEveryOption() {
    for (LayerOption option : method().options()) {
      Map<String, String> values = new HashMap<>();
      method().options().forEach(o -> values.put(o.name(), o.defaultValue()));
      values.put(option.name(), "no such value");

      assertThatThrownBy(() -> method().configure(values)).isInstanceOf(InputException.class);
    }
  }

  @Test
  void theSameWeightsGiveTheSameBytes() {
    float[] weights = weights();
    assertThat(quantize(weights)).isEqualTo(quantize(weights));
  }

  @Test
  void bytesDependOnTheWeights() {
    float[] other = weights();
    for (int i = 0; i < other.length; i++) {
      other[i] = -other[i];
    }
    assertThat(quantize(other)).isNotEqualTo(quantize(weights()));
  }

  @Test
  void takesZeros() {
    assertThat(quantize(new float[IN * OUT])).isNotEmpty();
  }

  @Test
  void tensorsBelongToTheLayer() {
    List<TensorInfo> tensors = configured().tensors("model.layers.0.mlp.up_proj", IN, OUT);

    assertThat(tensors).isNotEmpty();
    assertThat(tensors).allMatch(t -> t.name().startsWith("model.layers.0.mlp.up_proj."));
    assertThat(tensors).extracting(TensorInfo::name).doesNotHaveDuplicates();
    assertThat(tensors.stream().mapToLong(TensorInfo::byteSize).sum())
        .isLessThan((long) IN * OUT * Float.BYTES);
  }

  private List<List<Byte>> quantize(float[] weights) {
    LayerQuantizer quantizer = configured();
    assertThat(quantizer.supports(IN, OUT)).isTrue();
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> segments =
          quantizer.tensors("layer", IN, OUT).stream()
              .map(t -> arena.allocate(t.byteSize(), 8))
              .toList();
      quantizer.quantize(weights, IN, OUT, segments);
      return segments.stream().map(LayerMethodContract::bytes).toList();
    }
  }

  private static List<Byte> bytes(MemorySegment segment) {
    List<Byte> bytes = new java.util.ArrayList<>();
    for (byte b : segment.toArray(ValueLayout.JAVA_BYTE)) {
      bytes.add(b);
    }
    return bytes;
  }

  private static float[] weights() {
    Random random = new Random(7);
    float[] weights = new float[IN * OUT];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    return weights;
  }
}
