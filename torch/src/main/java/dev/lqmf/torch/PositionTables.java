package dev.lqmf.torch;

import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.ScoreBias;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Rotary angles and masks for tokens {@code past … past + length - 1}, shared by all blocks and by
 * threads.
 */
final class PositionTables implements AutoCloseable {
  /** Sines and cosines, {@code [length, 1, dimensions / 2]}. */
  record Angles(Tensor cosines, Tensor sines) {}

  private record MaskKey(
      Attention.Mask mask, OptionalInt window, Optional<ScoreBias> bias, int heads) {}

  private final Device device;
  private final Precision precision;
  private final int length;
  private final int past;
  private final Owner owner = new Owner();
  private final Map<Rotary, Angles> angles = new HashMap<>();
  private final Map<MaskKey, Tensor> masks = new HashMap<>();

  PositionTables(Device device, Precision precision, int length, int past) {
    this.device = device;
    this.precision = precision;
    this.length = length;
    this.past = past;
  }

  int length() {
    return length;
  }

  int past() {
    return past;
  }

  /** The type in which attention is computed: libtorch's bfloat16 kernel for CPUs is very slow. */
  ScalarType attentionType() {
    return onCpu() ? ScalarType.Float : precision.type();
  }

  boolean onCpu() {
    return device.is_cpu();
  }

  synchronized Angles angles(Rotary rotary) {
    return angles.computeIfAbsent(rotary, this::compute);
  }

  private Angles compute(Rotary rotary) {
    List<Float> frequencies = rotary.frequencies().at((long) past + length);
    float[] values = new float[frequencies.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = frequencies.get(i);
    }
    return new Angles(table(values, rotary, true), table(values, rotary, false));
  }

  private Tensor table(float[] frequencies, Rotary rotary, boolean cosine) {
    return keep(
        LibTorch.owned(
            () -> {
              Tensor products =
                  range(past, length)
                      .to(ScalarType.Float)
                      .unsqueeze(1)
                      .mul(
                          Floats.floats(
                              device, ScalarType.Float, frequencies, 1, frequencies.length));
              Tensor values = cosine ? products.cos() : products.sin();
              if (rotary.attentionFactor() != 1) {
                values = values.mul(new Scalar(rotary.attentionFactor()));
              }
              return values.unsqueeze(1).to(precision.type());
            }));
  }

  private Tensor keep(Tensor owned) {
    owner.keep(owned);
    owned.releaseReference();
    return owned;
  }

  private Tensor range(long first, long count) {
    return torch
        .arange(new Scalar(first), new Scalar(first + count), new TensorOptions(ScalarType.Long))
        .to(device, ScalarType.Long);
  }

  /** Whether every query sees all keys, or just those before it, and nothing is added. */
  boolean plain(Attention attention) {
    if (attention.bias().isPresent()) {
      return false;
    }
    return attention.mask() != Attention.Mask.CAUSAL
        || length == 1
        || (past == 0 && !narrows(attention));
  }

  /** Whether the window of an attention leaves out some keys. */
  boolean narrows(Attention attention) {
    return attention.window().isPresent() && attention.window().getAsInt() < past + length;
  }

  /**
   * What is added to scores; minus infinity where a query does not see a key.
   *
   * @param buckets weights of {@link ScoreBias.Buckets}
   * @return {@code [length, keys]}, or {@code [1, heads, length, keys]} if it differs by head
   */
  synchronized Tensor mask(Attention attention, @Nullable Tensor buckets) {
    MaskKey key =
        new MaskKey(attention.mask(), attention.window(), attention.bias(), attention.heads());
    return masks.computeIfAbsent(
        key,
        _ ->
            keep(
                LibTorch.owned(
                    () -> {
                      Tensor hidden = hidden(attention);
                      return attention
                          .bias()
                          .map(b -> bias(b, attention, buckets).add(hidden))
                          .orElse(hidden)
                          .to(attentionType());
                    })));
  }

  /** {@code [length, keys]} of 0 and minus infinity. */
  private Tensor hidden(Attention attention) {
    Tensor distance = distance();
    Tensor zeros = torch.zeros_like(distance).to(ScalarType.Float);
    if (attention.mask() != Attention.Mask.CAUSAL) {
      return zeros;
    }
    Scalar minusInfinity = new Scalar(Double.NEGATIVE_INFINITY);
    zeros.masked_fill_(distance.gt(new Scalar(0L)), minusInfinity);
    attention
        .window()
        .ifPresent(w -> zeros.masked_fill_(distance.le(new Scalar((long) -w)), minusInfinity));
    return zeros;
  }

  /** {@code [length, keys]}: position of the key minus position of the query. */
  private Tensor distance() {
    return range(0, (long) past + length).unsqueeze(0).sub(range(past, length).unsqueeze(1));
  }

  /** {@code [1, heads, length or 1, keys]}. */
  private Tensor bias(ScoreBias bias, Attention attention, @Nullable Tensor buckets) {
    return switch (bias) {
      case ScoreBias.Alibi a -> alibi(a, attention.heads());
      case ScoreBias.Buckets b -> {
        Tensor weights = java.util.Objects.requireNonNull(buckets);
        yield torch
            .embedding(weights.to(ScalarType.Float), bucket(b))
            .permute(2, 0, 1)
            .unsqueeze(0);
      }
    };
  }

  private Tensor alibi(ScoreBias.Alibi alibi, int heads) {
    Tensor slopes = Floats.floats(device, ScalarType.Float, slopes(heads), heads, 1);
    Tensor keys = range(0, (long) past + length).unsqueeze(0);
    Tensor products =
        alibi.rounded()
            ? slopes.to(ScalarType.BFloat16).mul(keys).to(ScalarType.Float)
            : slopes.mul(keys);
    return products.mul(new Scalar(alibi.scale())).view(1, heads, 1, (long) past + length);
  }

  /** Powers of 2^(-8/n) for n heads, and for other numbers than powers of two those between. */
  static float[] slopes(int heads) {
    float[] slopes = new float[heads];
    int power = Integer.highestOneBit(heads);
    double base = Math.pow(2, -8.0 / power);
    double between = Math.pow(2, -4.0 / power);
    for (int h = 0; h < heads; h++) {
      slopes[h] =
          (float) (h < power ? Math.pow(base, h + 1) : Math.pow(between, 2 * (h - power) + 1));
    }
    return slopes;
  }

  /** {@code T5Attention._relative_position_bucket}, {@code [length, keys]}. */
  private Tensor bucket(ScoreBias.Buckets b) {
    Tensor distance = distance();
    int buckets = b.bidirectional() ? b.buckets() / 2 : b.buckets();
    Tensor side;
    Tensor away;
    if (b.bidirectional()) {
      side = distance.gt(new Scalar(0L)).to(ScalarType.Long).mul(new Scalar((long) buckets));
      away = distance.abs();
    } else {
      side = torch.zeros_like(distance);
      away = torch.minimum(distance, torch.zeros_like(distance)).neg();
    }
    int exact = buckets / 2;
    Tensor wide =
        away.to(ScalarType.Float)
            .div(new Scalar((double) exact))
            .log()
            .div(new Scalar(Math.log((double) b.maxDistance() / exact)))
            .mul(new Scalar((double) (buckets - exact)))
            .to(ScalarType.Long)
            .add(new Scalar((long) exact));
    wide = torch.minimum(wide, torch.full_like(wide, new Scalar((long) buckets - 1)));
    return side.add(torch.where(away.lt(new Scalar((long) exact)), away, wide));
  }

  @Override
  public void close() {
    owner.close();
  }
}
