package dev.lqmf.torch.gptq;

import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.gptq.GptqTensors;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.Floats;
import java.util.Arrays;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Quantizes one matrix so that its outputs change least: input by input, where the error of each is
 * made up for by the inputs that follow.
 *
 * <pre>
 * H = 2/n · Σ x xᵀ + damp · mean(diag H) · I        H⁻¹ = Uᵀ U, U upper triangular
 * for each input i:   q_i = quantized(w_i)     e_i = (w_i − q_i) / U_ii     w_j −= U_ij · e_i  for j &gt; i
 * loss = Σ e² / 2 = ½ tr(ΔW H ΔWᵀ)
 * </pre>
 *
 * <p>Within a block of 128 inputs, updates are made at once; beyond it, once per block with a
 * product of matrices. The scales of a group are found in the weights as they are when the block
 * begins in which the group begins. Source: Frantar et al., GPTQ (2022), algorithm 1, and
 * IST-DASLab/gptq, {@code gptq.py}, commit 2d65066.
 *
 * <p>Two things differ. Scales are rounded to float16, as they are stored, before weights are
 * divided by them. The zero point of an asymmetric group is at least 1: programs that read format
 * v1 disagree about 0.
 */
final class GptqSolver {
  /** Inputs whose updates are gathered. */
  private static final int BLOCK = 128;

  /** How much more damping is tried at least, if the Hessian is not positive definite. */
  private static final double MORE_DAMP = 0.01;

  /** The smallest float16 above zero, and the largest. */
  private static final float SMALLEST_SCALE = 0x1p-24f;

  private static final float LARGEST_SCALE = 65504;

  private final GptqSettings settings;
  private final boolean halfScales;

  GptqSolver(GptqSettings settings) {
    this(settings, true);
  }

  /**
   * A solver.
   *
   * @param halfScales whether scales are rounded to float16 before they are used; the reference
   *     rounds them, if at all, when it stores them
   */
  GptqSolver(GptqSettings settings, boolean halfScales) {
    this.settings = settings;
    this.halfScales = halfScales;
  }

  /**
   * What came out.
   *
   * @param loss half the squared error of the outputs, summed over outputs, on average over the
   *     sequences that the Hessian counts
   * @param damp what was enough
   */
  record Solution(GptqMatrix matrix, double loss, double damp) {}

  /** Scale and zero point of a group, {@code [out]} each. */
  private record Grid(Tensor scale, Tensor zero) {}

  /**
   * Quantizes a matrix.
   *
   * @param weight {@code [out, in]}; replaced by what the codes stand for
   * @param hessian {@code [in, in]}, float32, undamped; destroyed
   * @param warning told when more damping is needed
   * @param before called before each of its steps; what it throws ends the call
   * @throws InputException if the Hessian is not finite, or no damping makes it positive definite
   */
  Solution solve(Tensor weight, Tensor hessian, Consumer<String> warning, Runnable before) {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      return solveWithin(weight, hessian, warning, before);
    }
  }

  private Solution solveWithin(
      Tensor weight, Tensor hessian, Consumer<String> warning, Runnable before) {
    int out = Math.toIntExact(weight.size(0));
    int in = Math.toIntExact(weight.size(1));
    int size = settings.groupSize() < 0 ? in : Math.min(in, settings.groupSize());
    int groups = GptqTensors.groups(in, size);
    // One input per row: what the loop works with lies together.
    Tensor w = torch.empty_like(weight.t()).copy_(weight.t()).to(ScalarType.Float).contiguous();
    Tensor diagonal = hessian.diagonal(0, 0, 1);
    if (!Double.isFinite(diagonal.sum().item_double())) {
      throw new InputException(
          "the activations are not finite", "check the model, or run it in float32");
    }
    Tensor dead = diagonal.eq(new Scalar(0.0f));
    diagonal.masked_fill_(dead, new Scalar(1.0f));
    w.masked_fill_(dead.unsqueeze(1), new Scalar(0.0f));

    Grid[] grids = new Grid[groups];
    boolean early = settings.staticGroups() || settings.groupSize() < 0;
    if (early) {
      for (int g = 0; g < groups; g++) {
        grids[g] = grid(w.narrow(0, (long) g * size, Math.min(size, in - g * size)));
      }
    }
    int[] order = new int[in];
    Arrays.setAll(order, i -> i);
    Tensor h = hessian;
    if (settings.actOrder()) {
      Tensor permutation = diagonal.argsort(true, 0, true);
      order = Floats.integers(permutation);
      w = w.index_select(0, permutation);
      h = h.index_select(0, permutation).index_select(1, permutation);
    }
    int[] groupIndex = new int[in];
    for (int i = 0; i < in; i++) {
      groupIndex[order[i]] = (settings.staticGroups() ? order[i] : i) / size;
    }
    double[] damp = {settings.damp()};
    Tensor u = inverseFactor(h, damp, warning, before);
    float[] pivots = Floats.vector(u.diagonal(0, 0, 1));

    Tensor codes = torch.empty_like(w);
    Tensor result = torch.empty_like(w);
    double loss = 0;
    for (int begin = 0; begin < in; begin += BLOCK) {
      before.run();
      int count = Math.min(BLOCK, in - begin);
      if (!early) {
        for (int g = Math.ceilDiv(begin, size); g * size < begin + count; g++) {
          grids[g] = grid(w.narrow(0, (long) g * size, Math.min(size, in - g * size)));
        }
      }
      try (PointerScope _ = new PointerScope()) {
        Tensor errors = torch.empty_like(w.narrow(0, begin, count));
        for (int i = begin; i < begin + count; i++) {
          try (PointerScope _ = new PointerScope()) {
            Grid grid = grids[groupIndex[order[i]]];
            Tensor row = w.select(0, i);
            Tensor code = codes.select(0, order[i]);
            encode(row, grid, code);
            Tensor quantized = result.select(0, order[i]);
            torch.sub_out(quantized, code, grid.zero()).mul_(grid.scale());
            Tensor error = errors.select(0, i - begin);
            torch.sub_out(error, row, quantized).div_(new Scalar(pivots[i]));
            int rest = begin + count - i - 1;
            if (rest > 0) {
              w.narrow(0, i + 1, rest)
                  .addr_(
                      u.select(0, i).narrow(0, i + 1, rest),
                      error,
                      new Scalar(1.0f),
                      new Scalar(-1.0f));
            }
          }
        }
        loss += errors.square().sum().item_double() / 2;
        int rest = in - begin - count;
        if (rest > 0) {
          w.narrow(0, (long) begin + count, rest)
              .addmm_(
                  u.narrow(0, begin, count).narrow(1, (long) begin + count, rest).t(),
                  errors,
                  new Scalar(1.0f),
                  new Scalar(-1.0f));
        }
      }
    }
    weight.copy_(result.t());
    return new Solution(matrix(codes, grids, groupIndex, in, out), loss, damp[0]);
  }

  private GptqMatrix matrix(Tensor codes, Grid[] grids, int[] groupIndex, int in, int out) {
    short[] scales = new short[grids.length * out];
    byte[] zeros = new byte[grids.length * out];
    for (int g = 0; g < grids.length; g++) {
      float[] scale = Floats.vector(grids[g].scale());
      int[] zero = Floats.integers(grids[g].zero());
      for (int o = 0; o < out; o++) {
        scales[g * out + o] = Float.floatToFloat16(scale[o]);
        zeros[g * out + o] = (byte) zero[o];
      }
    }
    byte[] bytes = Floats.unsignedBytes(codes);
    return new GptqMatrix(settings.bits(), in, out, bytes, scales, zeros, groupIndex);
  }

  /**
   * Finds codes. What the loop over inputs computes goes where it stays: on a GPU, the start of an
   * operation takes longer than the operation.
   *
   * @param codes receives them
   */
  private void encode(Tensor values, Grid grid, Tensor codes) {
    torch
        .div_out(codes, values, grid.scale())
        .round_()
        .add_(grid.zero())
        .clamp_(optional(0), optional((1 << settings.bits()) - 1));
  }

  private static ScalarOptional optional(float value) {
    return new ScalarOptional(new Scalar(value));
  }

  /**
   * The grid that spans all values of an output, and zero.
   *
   * @param values {@code [inputs, out]}
   */
  private Grid grid(Tensor values) {
    long[] first = {0};
    int most = (1 << settings.bits()) - 1;
    Tensor high = values.amax(first, false).clamp_(optional(0), new ScalarOptional());
    Tensor low = values.amin(first, false).neg_().clamp_(optional(0), new ScalarOptional());
    if (settings.symmetric()) {
      Tensor largest = high.maximum(low);
      largest.masked_fill_(largest.eq(new Scalar(0.0f)), new Scalar(1.0f));
      Tensor scale = rounded(largest.mul_(new Scalar(2.0f)).div_(new Scalar((float) most)));
      return new Grid(scale, torch.full_like(scale, new Scalar((float) ((most + 1) / 2))));
    }
    Tensor empty = high.add(low).eq(new Scalar(0.0f));
    high.masked_fill_(empty, new Scalar(1.0f));
    low.masked_fill_(empty, new Scalar(1.0f));
    Tensor scale = rounded(high.add(low).div_(new Scalar((float) most)));
    Tensor zero = low.div(scale).round_();
    // Code 0 is left unused by what has no negative weights; the others reach as far up.
    Tensor positive = zero.lt(new Scalar(1.0f));
    Tensor wider = rounded(high.div(new Scalar((float) (most - 1))));
    return new Grid(torch.where(positive, wider, scale), zero.clamp_(optional(1), optional(most)));
  }

  private Tensor rounded(Tensor scale) {
    return halfScales
        ? scale
            .clamp_(optional(SMALLEST_SCALE), optional(LARGEST_SCALE))
            .to(ScalarType.Half)
            .to(ScalarType.Float)
        : scale;
  }

  /**
   * The upper triangular U with Uᵀ U = (H + damping)⁻¹.
   *
   * @param damp relative damping; receives what was enough
   */
  private static Tensor inverseFactor(
      Tensor h, double[] damp, Consumer<String> warning, Runnable before) {
    Tensor diagonal = h.diagonal(0, 0, 1);
    double mean = diagonal.mean().item_double();
    double added = 0;
    while (true) {
      diagonal.add_(new Scalar((float) (damp[0] * mean - added)));
      added = damp[0] * mean;
      before.run();
      Tensor result = null;
      Tensor factor = factor(h, false);
      if (factor != null) {
        before.run();
        Tensor inverse = torch.cholesky_inverse(factor);
        before.run();
        result = factor(inverse, true);
      }
      if (result != null) {
        return result;
      }
      double more = damp[0] + Math.max(damp[0], MORE_DAMP);
      if (more >= 2) {
        throw new InputException(
            "the Hessian is not positive definite with a damping of " + damp[0],
            "calibrate with more text, or check the model");
      }
      warning.accept(
          "the Hessian is not positive definite with a damping of %.3g, trying %.3g"
              .formatted(damp[0], more));
      damp[0] = more;
    }
  }

  /** The Cholesky factor; null if there is none. */
  private static @Nullable Tensor factor(Tensor matrix, boolean upper) {
    T_TensorTensor_T both = torch.linalg_cholesky_ex(matrix, upper, false);
    boolean failed =
        both.get1().item_int() != 0
            || !Double.isFinite(both.get0().diagonal(0, 0, 1).sum().item_double());
    return failed ? null : both.get0();
  }
}
