package dev.lqmf.torch;

import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Projection;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.ScoreBias;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Attention with its weights. */
final class AttentionModule implements OperationModule {
  private static final Scalar MINUS_ONE = LibTorch.lasting(-1);

  private final Attention attention;

  /** All of q, k, v; for cross attention q only. */
  private final LinearModule input;

  /** For cross attention: k and v. */
  private final @Nullable LinearModule encoded;

  private final LinearModule output;
  private final @Nullable NormModule queryNorm;
  private final @Nullable NormModule keyNorm;
  private final @Nullable Tensor buckets;
  private final DoubleOptional scale;
  private final TensorOptional noMask;

  private AttentionModule(Attention attention, TensorLoader loader, Owner owner)
      throws IOException {
    this.attention = attention;
    if (attention.mask() == Attention.Mask.CROSS) {
      Projection.Separate s = (Projection.Separate) attention.projection();
      this.input = LinearModule.load(List.of(s.query()), loader, owner);
      this.encoded = LinearModule.load(List.of(s.key(), s.value()), loader, owner);
    } else {
      this.input = LinearModule.load(attention.projection().linears(), loader, owner);
      this.encoded = null;
    }
    this.output = LinearModule.load(List.of(attention.output()), loader, owner);
    this.queryNorm =
        attention.queryNorm().isPresent()
            ? NormModule.load(attention.queryNorm().get(), loader, owner)
            : null;
    this.keyNorm =
        attention.keyNorm().isPresent()
            ? NormModule.load(attention.keyNorm().get(), loader, owner)
            : null;
    try (PointerScope _ = new PointerScope()) {
      this.buckets =
          attention.bias().orElse(null) instanceof ScoreBias.Buckets b
              ? owner.keep(loader.load(b.module() + ".weight", b.buckets(), attention.heads()))
              : null;
      this.scale = owner.keep(new DoubleOptional(attention.scale()));
      this.noMask = owner.keep(new TensorOptional());
    }
  }

  static AttentionModule load(Attention attention, TensorLoader loader, Owner owner)
      throws IOException {
    return new AttentionModule(attention, loader, owner);
  }

  @Override
  public Stream<LinearModule> linears() {
    return encoded == null ? Stream.of(input, output) : Stream.of(input, encoded, output);
  }

  @Override
  public Tensor apply(Tensor x, Pass pass, int layer) {
    long sequences = x.size(0);
    long tokens = x.size(1);
    Tensor mixed =
        attention.mask() == Attention.Mask.CROSS ? cross(x, pass, layer) : self(x, pass, layer);
    Tensor joined =
        mixed
            .transpose(1, 2)
            .reshape(sequences, tokens, (long) attention.heads() * attention.headSize());
    return output.apply(joined, pass);
  }

  private Tensor cross(Tensor x, Pass pass, int layer) {
    Tensor queries =
        input
            .apply(x, pass)
            .view(x.size(0), x.size(1), attention.heads(), attention.headSize())
            .transpose(1, 2);
    KeyValueCache cache = pass.cache();
    KeyValueCache.Pair known = cache == null ? null : cache.cross(layer);
    if (known == null) {
      Tensor encoder = Objects.requireNonNull(pass.encoder(), "cross attention needs an encoder");
      Tensor both =
          Objects.requireNonNull(encoded)
              .apply(encoder, pass)
              .view(
                  encoder.size(0),
                  encoder.size(1),
                  2L * attention.keyHeads(),
                  attention.headSize());
      known =
          new KeyValueCache.Pair(
              both.narrow(2, 0, attention.keyHeads()).transpose(1, 2),
              both.narrow(2, attention.keyHeads(), attention.keyHeads()).transpose(1, 2));
      if (cache != null) {
        cache.keepCross(layer, known);
      }
    }
    return mix(queries, known.keys(), known.values(), pass);
  }

  private Tensor self(Tensor x, Pass pass, int layer) {
    long sequences = x.size(0);
    long tokens = x.size(1);
    int heads = attention.heads();
    int keyHeads = attention.keyHeads();
    int size = attention.headSize();
    Tensor all = input.apply(x, pass);
    Tensor queries;
    Tensor keys;
    Tensor values;
    if (attention.projection() instanceof Projection.Fused f && f.groups() > 1) {
      // Not in heads: a part may end within one.
      long q = (long) heads * size / f.groups();
      long k = (long) keyHeads * size / f.groups();
      Tensor grouped = all.view(sequences, tokens, f.groups(), q + 2 * k);
      queries = grouped.narrow(3, 0, q).reshape(sequences, tokens, heads, size);
      keys =
          grouped
              .narrow(3, f.valueBeforeKey() ? q + k : q, k)
              .reshape(sequences, tokens, keyHeads, size);
      values =
          grouped
              .narrow(3, f.valueBeforeKey() ? q : q + k, k)
              .reshape(sequences, tokens, keyHeads, size);
    } else {
      boolean valueFirst =
          attention.projection() instanceof Projection.Fused f && f.valueBeforeKey();
      Tensor joined = all.view(sequences, tokens, heads + 2L * keyHeads, size);
      Rotary rotary = attention.rotary().orElse(null);
      if (rotary != null && queryNorm == null && !valueFirst) {
        // Queries and keys are neighbours: rotate them together.
        Tensor rotated = rotate(joined.narrow(2, 0, (long) heads + keyHeads), rotary, pass);
        return mix(
            rotated.narrow(2, 0, heads).transpose(1, 2),
            rotated.narrow(2, heads, keyHeads).transpose(1, 2),
            joined.narrow(2, (long) heads + keyHeads, keyHeads).transpose(1, 2),
            pass,
            layer);
      }
      queries = joined.narrow(2, 0, heads);
      keys = joined.narrow(2, valueFirst ? (long) heads + keyHeads : heads, keyHeads);
      values = joined.narrow(2, valueFirst ? heads : (long) heads + keyHeads, keyHeads);
    }
    queries = normed(queries, queryNorm);
    keys = normed(keys, keyNorm);
    if (attention.rotary().isPresent()) {
      queries = rotate(queries, attention.rotary().get(), pass);
      keys = rotate(keys, attention.rotary().get(), pass);
    }
    return mix(queries.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), pass, layer);
  }

  /** {@code [sequences, tokens, heads, size]}, each head or all of them normed. */
  private Tensor normed(Tensor heads, @Nullable NormModule norm) {
    if (norm == null) {
      return heads;
    }
    return norm.width() == attention.headSize()
        ? norm.apply(heads)
        : norm.apply(heads.flatten(2, 3)).view(heads.size(0), heads.size(1), heads.size(2), -1);
  }

  /** {@code [sequences, tokens, heads, size]}, the first elements of each head rotated. */
  private static Tensor rotate(Tensor x, Rotary rotary, Pass pass) {
    PositionTables.Angles angles = pass.positions().angles(rotary);
    long half = rotary.dimensions() / 2;
    long size = x.size(3);
    Tensor first;
    Tensor second;
    if (rotary.interleaved()) {
      Tensor pairs = x.narrow(3, 0, rotary.dimensions()).unflatten(3, half, 2);
      first = pairs.select(4, 0);
      second = pairs.select(4, 1);
    } else {
      first = x.narrow(3, 0, half);
      second = x.narrow(3, half, half);
    }
    Tensor a = first.mul(angles.cosines()).addcmul_(second, angles.sines(), MINUS_ONE);
    Tensor b = second.mul(angles.cosines()).addcmul_(first, angles.sines());
    boolean whole = size == rotary.dimensions();
    if (rotary.interleaved()) {
      Tensor turned = torch.stack(new TensorVector(a, b), 4).flatten(3, 4);
      return whole
          ? turned
          : LibTorch.concat(
              3, turned, x.narrow(3, rotary.dimensions(), size - rotary.dimensions()));
    }
    return whole
        ? LibTorch.concat(3, a, b)
        : LibTorch.concat(3, a, b, x.narrow(3, rotary.dimensions(), size - rotary.dimensions()));
  }

  private Tensor mix(Tensor queries, Tensor keys, Tensor values, Pass pass, int layer) {
    KeyValueCache cache = pass.cache();
    if (cache == null) {
      return mix(queries, keys, values, pass);
    }
    KeyValueCache.Pair all = cache.append(layer, keys, values);
    PositionTables positions = pass.positions();
    if (positions.length() == 1 && attention.bias().isEmpty() && positions.narrows(attention)) {
      long window = attention.window().getAsInt();
      long skipped = all.keys().size(2) - window;
      return mix(
          queries,
          all.keys().narrow(2, skipped, window),
          all.values().narrow(2, skipped, window),
          pass);
    }
    return mix(queries, all.keys(), all.values(), pass);
  }

  /** All {@code [sequences, heads or key heads, tokens, size]}; the result is like the queries. */
  private Tensor mix(Tensor queries, Tensor keys, Tensor values, Pass pass) {
    PositionTables positions = pass.positions();
    ScalarType type = positions.attentionType();
    Tensor q = queries.to(type);
    Tensor k = keys.to(type);
    Tensor v = values.to(type);
    Tensor mixed;
    if (attention.softCap().isPresent()) {
      mixed = capped(q, k, v, positions);
    } else {
      boolean plain = positions.plain(attention);
      boolean causal = plain && attention.mask() == Attention.Mask.CAUSAL && positions.length() > 1;
      TensorOptional mask = plain ? noMask : new TensorOptional(positions.mask(attention, buckets));
      boolean grouped = attention.heads() != attention.keyHeads();
      mixed = torch.scaled_dot_product_attention(q, k, v, mask, 0, causal, scale, grouped);
    }
    return mixed.to(queries.scalar_type());
  }

  private Tensor capped(Tensor queries, Tensor keys, Tensor values, PositionTables positions) {
    Scalar cap = new Scalar(attention.softCap().getAsDouble());
    Tensor k = repeated(keys);
    Tensor v = repeated(values);
    Tensor scores =
        torch
            .matmul(queries, k.transpose(2, 3))
            .mul_(new Scalar(attention.scale()))
            .div_(cap)
            .tanh_()
            .mul_(cap);
    if (!(positions.length() == 1 && positions.plain(attention))) {
      scores = scores.add_(positions.mask(attention, buckets));
    }
    return torch.matmul(scores.softmax(-1), v);
  }

  /** Each key head as often as query heads share it. */
  private Tensor repeated(Tensor x) {
    long times = attention.heads() / attention.keyHeads();
    return times == 1
        ? x
        : x.unsqueeze(2)
            .expand(x.size(0), x.size(1), times, x.size(2), x.size(3))
            .reshape(x.size(0), x.size(1) * times, x.size(2), x.size(3));
  }
}
