package dev.lqmf.torch;

import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.quant.PackedWarmUp;
import dev.lqmf.quant.PlainMatrix;
import dev.lqmf.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Products with packed matrices. A few tokens are multiplied with the weights as they are; for more
 * of them, weights are decoded tile by tile, which the products with a tile are worth.
 */
final class PackedLinear {
  /** Tokens for which going through the packed weights takes less time than decoding them. */
  private static final int FEW = 4;

  /** Weights of a piece of work: some ten microseconds. */
  private static final int PIECE = 1 << 18;

  /** Weights decoded together: what they take stays in a cache. */
  private static final int TILE = 1 << 20;

  /** Some outputs of one of the matrices. */
  private record Range(int matrix, int first, int count, int at) {}

  private final List<PackedMatrix> matrices;

  /** Of the matrices, in their order. */
  private final List<PackedMatrix> twins;

  private final int in;
  private final int out;
  private final Precision precision;
  private final List<Range> pieces;
  private final List<Range> tiles;

  /**
   * Matrices that share their input, and whose outputs lie in a row.
   *
   * @param precision of inputs and outputs
   * @param owner of the matrices' memory
   */
  private PackedLinear(List<PackedMatrix> matrices, Precision precision, Owner owner) {
    this.matrices = List.copyOf(matrices);
    this.twins = matrices.stream().map(KernelsProvider.best()::fastest).toList();
    owner.beforeClose(() -> twins.forEach(PackedWarmUp::release));
    this.in = matrices.getFirst().in();
    this.out = matrices.stream().mapToInt(PackedMatrix::out).sum();
    this.precision = precision;
    this.pieces = ranges(PIECE);
    this.tiles = ranges(TILE);
  }

  /** Matrices that are computed so whatever the input; begins to warm up. */
  static PackedLinear eager(List<PackedMatrix> matrices, TensorLoader loader, Owner owner) {
    PackedLinear linear = new PackedLinear(matrices, loader.precision(), owner);
    linear.warm();
    return linear;
  }

  /**
   * A tensor for few tokens: on a CPU, in float32, all threads go through it faster than OpenBLAS.
   *
   * @return null elsewhere
   */
  static @Nullable PackedLinear beside(Tensor weight, TensorLoader loader, Owner owner) {
    return loader.device().is_cpu() && loader.precision() == Precision.FLOAT32
        ? new PackedLinear(List.of(matrix(weight)), loader.precision(), owner)
        : null;
  }

  /** A tensor's memory as a matrix. */
  static PackedMatrix matrix(Tensor weight) {
    TensorType type =
        switch (weight.scalar_type().intern()) {
          case Half -> TensorType.F16;
          case BFloat16 -> TensorType.BF16;
          default -> TensorType.F32;
        };
    return new PlainMatrix(
        Math.toIntExact(weight.size(0)),
        Math.toIntExact(weight.size(1)),
        type,
        Floats.memory(weight));
  }

  private List<Range> ranges(int weights) {
    List<Range> ranges = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < matrices.size(); i++) {
      PackedMatrix m = matrices.get(i);
      int step = Math.max(1, weights / in / m.unit()) * m.unit();
      for (int first = 0; first < m.out(); first += step) {
        ranges.add(new Range(i, first, Math.min(step, m.out() - first), at));
      }
      at += m.out();
    }
    return ranges;
  }

  /** Whether the JVM has compiled what this needs; sees to it. */
  boolean warm() {
    boolean all = true;
    for (int i = 0; i < twins.size(); i++) {
      PackedMatrix twin = twins.get(i);
      all &= twin.equals(matrices.get(i)) || PackedWarmUp.of(twin).ready();
    }
    return all;
  }

  /**
   * Whether this is faster than libtorch: with few tokens, and vector kernels. Whether these are
   * compiled does not count, since libtorch adds up in another order, and the same prompt is to
   * give the same text.
   */
  boolean serves(long tokens) {
    return tokens <= FEW && !twins.equals(matrices);
  }

  /** Features of an input. */
  int in() {
    return in;
  }

  /**
   * {@code [..., in]} to {@code [..., out]}.
   *
   * @return belongs to the enclosing scope
   */
  Tensor apply(Tensor x, TensorOptional bias) {
    List<PackedMatrix> best = warm() ? twins : matrices;
    long rows = x.numel() / in;
    long[] shape = x.sizes().vec().get();
    shape[shape.length - 1] = out;
    Tensor y =
        precision == Precision.FLOAT32 && rows <= FEW
            ? products(best, x, (int) rows)
            : tiles(best, x.reshape(rows, in), rows);
    if (bias.has_value()) {
      y.add_(bias.get());
    }
    return y.view(shape);
  }

  private Tensor products(List<PackedMatrix> best, Tensor x, int rows) {
    float[] inputs = Floats.vector(x);
    float[] y = new float[rows * out];
    for (int r = 0; r < rows; r++) {
      float[] input = new float[in];
      System.arraycopy(inputs, r * in, input, 0, in);
      float[][] arranged = best.stream().map(m -> m.arranged(input)).toArray(float[][]::new);
      int row = r * out;
      LibTorch.split(
          pieces.size(),
          i -> {
            Range p = pieces.get(i);
            best.get(p.matrix())
                .multiply(arranged[p.matrix()], p.first(), p.count(), y, row + p.at());
          });
    }
    return Floats.floats(x.device(), ScalarType.Float, y, rows, out);
  }

  private Tensor tiles(List<PackedMatrix> best, Tensor x, long rows) {
    Tensor y = torch.empty(new long[] {rows, out}, x.options(), null);
    // Decoded weights are float32.
    Tensor inputs = Products.wide(x) ? x.to(ScalarType.Float) : x;
    LibTorch.split(
        tiles.size(),
        i -> {
          Range t = tiles.get(i);
          try (PointerScope _ = new PointerScope()) {
            PackedMatrix m = best.get(t.matrix());
            Tensor tile = decoded(m, t).to(inputs.scalar_type());
            Tensor product = m.byInput() ? torch.matmul(inputs, tile) : torch.linear(inputs, tile);
            y.narrow(1, (long) t.at() + t.first(), t.count()).copy_(product);
          }
        });
    return y;
  }

  private static Tensor decoded(PackedMatrix m, Range range) {
    long[] shape =
        m.byInput() ? new long[] {m.in(), range.count()} : new long[] {range.count(), m.in()};
    Tensor tile = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
    m.decode(range.first(), range.count(), Floats.memory(tile));
    return tile;
  }
}
