package dev.lqmf.quant.gptq;

import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.quant.format.LittleEndian;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A {@link GptqMatrix} that stays packed. 32 outputs are a panel, and lie in the order in which
 * they are computed:
 *
 * <pre>
 * words    int32    [panels, positions · bits / 32, 32]   32 positions in {@code bits} words, one
 *                                                         below the other (BitFields)
 * zeros    uint8    [panels, groups, 32]
 * scales   float16  [panels, groups, 32]
 * </pre>
 *
 * <p>Positions are inputs in the order of their groups, each group filled up to a multiple of 32:
 * 32 positions share scales and zero points, whatever the order was that weights were quantized in.
 */
public final class GptqPanels implements PackedMatrix {
  /** Outputs of a panel, and positions of which the words lie together. */
  public static final int PANEL = BitFields.CODES;

  private final int bits;
  private final int in;
  private final int out;

  /** Behind the last run of 32 positions of each group, counted in such runs. */
  private final int[] groupEnds;

  /** The input at a position, -1 for none; null: the positions are the inputs. */
  private final int @Nullable [] inputs;

  private final MemorySegment words;
  private final MemorySegment zeros;
  private final MemorySegment scales;

  private GptqPanels(
      int bits,
      int in,
      int out,
      int[] groupEnds,
      int @Nullable [] inputs,
      MemorySegment words,
      MemorySegment zeros,
      MemorySegment scales) {
    this.bits = bits;
    this.in = in;
    this.out = out;
    this.groupEnds = groupEnds;
    this.inputs = inputs;
    this.words = words;
    this.zeros = zeros;
    this.scales = scales;
  }

  /**
   * Lays out what a checkpoint stores.
   *
   * @param qweight {@code [in · bits / 32, out]}
   * @param qzeros {@code [groups, out · bits / 32]}
   * @param form how zero points are stored
   * @param scales {@code [groups, out]}, bits of float16
   * @param groupIndex {@code [in]}
   * @param arena owns the memory of the result
   * @throws IllegalArgumentException if an input's group does not exist
   */
  public static GptqPanels of(
      int bits,
      int in,
      int out,
      MemorySegment qweight,
      int[] qzeros,
      ZeroPoints form,
      short[] scales,
      int[] groupIndex,
      Arena arena) {
    if (!GptqMatrix.supports(bits, in, out)) {
      throw new IllegalArgumentException("%d bits, %d × %d".formatted(bits, out, in));
    }
    int groups = scales.length / out;
    int[] sizes = new int[groups];
    for (int g : groupIndex) {
      if (g < 0 || g >= groups) {
        throw new IllegalArgumentException("group " + g + " of " + groups);
      }
      sizes[g]++;
    }
    int[] ends = new int[groups];
    int runs = 0;
    for (int g = 0; g < groups; g++) {
      runs += Math.ceilDiv(sizes[g], PANEL);
      ends[g] = runs;
    }
    int[] inputs = inputs(groupIndex, ends);
    MemorySegment words =
        arena.allocate((long) out / PANEL * runs * bits * PANEL * Integer.BYTES, 64);
    if (inputs == null) {
      copy(qweight, out, words);
    } else {
      sort(bits, out, qweight, inputs, words);
    }
    MemorySegment zeros = arena.allocate((long) groups * out + PANEL, 64);
    MemorySegment halves = arena.allocate((long) groups * out * Short.BYTES, 64);
    int[] some = new int[PANEL];
    for (int g = 0; g < groups; g++) {
      for (int o = 0; o < out; o += PANEL) {
        int from = g * out + o;
        long to = ((long) o / PANEL * groups + g) * PANEL;
        form.restore(qzeros, from / PANEL * bits, bits, some);
        for (int k = 0; k < PANEL; k++) {
          zeros.set(ValueLayout.JAVA_BYTE, to + k, (byte) some[k]);
          halves.set(LittleEndian.SHORT, (to + k) * Short.BYTES, scales[from + k]);
        }
      }
    }
    return new GptqPanels(bits, in, out, ends, inputs, words, zeros, halves);
  }

  private static int @Nullable [] inputs(int[] groupIndex, int[] ends) {
    int[] next = new int[ends.length];
    for (int g = 1; g < ends.length; g++) {
      next[g] = ends[g - 1] * PANEL;
    }
    int[] inputs = new int[ends[ends.length - 1] * PANEL];
    Arrays.fill(inputs, -1);
    boolean same = inputs.length == groupIndex.length;
    for (int i = 0; i < groupIndex.length; i++) {
      int position = next[groupIndex[i]]++;
      inputs[position] = i;
      same &= position == i;
    }
    return same ? null : inputs;
  }

  private static void copy(MemorySegment qweight, int out, MemorySegment words) {
    int rowBytes = PANEL * Integer.BYTES;
    long rows = words.byteSize() / out / Integer.BYTES;
    for (long r = 0; r < rows; r++) {
      for (int panel = 0; panel < out / PANEL; panel++) {
        long from = (r * out + (long) panel * PANEL) * Integer.BYTES;
        MemorySegment.copy(qweight, from, words, (panel * rows + r) * rowBytes, rowBytes);
      }
    }
  }

  private static void sort(
      int bits, int out, MemorySegment qweight, int[] inputs, MemorySegment words) {
    int[] codes = new int[PANEL];
    int[] packed = new int[bits];
    long rows = (long) inputs.length / PANEL * bits;
    for (int o = 0; o < out; o++) {
      for (int run = 0; run < inputs.length / PANEL; run++) {
        for (int k = 0; k < PANEL; k++) {
          int input = inputs[run * PANEL + k];
          codes[k] = input < 0 ? 0 : code(qweight, bits, (long) o, out, input);
        }
        BitFields.pack(codes, bits, packed, 0, 1);
        for (int w = 0; w < bits; w++) {
          long row = o / PANEL * rows + (long) run * bits + w;
          words.set(LittleEndian.INT, (row * PANEL + o % PANEL) * Integer.BYTES, packed[w]);
        }
      }
    }
  }

  /**
   * A code among words.
   *
   * @param first word of the output
   * @param stride words from one of its words to the next
   * @param k which of the output's codes
   */
  private static int code(MemorySegment words, int bits, long first, int stride, int k) {
    int bit = k % PANEL * bits;
    long word = first + (k / PANEL * (long) bits + bit / Integer.SIZE) * stride;
    int shift = bit % Integer.SIZE;
    int code = words.get(LittleEndian.INT, word * Integer.BYTES) >>> shift;
    if (shift + bits > Integer.SIZE) {
      code |= words.get(LittleEndian.INT, (word + stride) * Integer.BYTES) << Integer.SIZE - shift;
    }
    return code & (1 << bits) - 1;
  }

  @Override
  public int out() {
    return out;
  }

  @Override
  public int in() {
    return in;
  }

  @Override
  public long bytes() {
    return words.byteSize() + zeros.byteSize() + scales.byteSize();
  }

  @Override
  public int unit() {
    return PANEL;
  }

  @Override
  public boolean byInput() {
    return true;
  }

  /** Bits of a code. */
  public int bits() {
    return bits;
  }

  /** Number of groups. */
  public int groups() {
    return groupEnds.length;
  }

  /** Behind the last run of 32 positions of a group, counted in such runs. */
  public int groupEnd(int group) {
    return groupEnds[group];
  }

  /** The input at a position; -1: none. */
  public int input(int position) {
    return inputs == null ? position : inputs[position];
  }

  /** All words. */
  public MemorySegment words() {
    return words;
  }

  /** Where the words of a panel begin, in bytes. */
  public long firstWord(int panel) {
    return (long) panel * groupEnds[groupEnds.length - 1] * bits * PANEL * Integer.BYTES;
  }

  /**
   * Scales and zero points of a panel.
   *
   * @param scale receives {@code [groups, 32]}
   * @param zero receives {@code [groups, 32]}
   */
  public void parameters(int panel, float[] scale, int[] zero) {
    int count = groups() * PANEL;
    long begin = (long) panel * count;
    short[] halves = new short[count];
    byte[] bytes = new byte[count];
    MemorySegment.copy(scales, LittleEndian.SHORT, begin * Short.BYTES, halves, 0, count);
    MemorySegment.copy(zeros, ValueLayout.JAVA_BYTE, begin, bytes, 0, count);
    for (int i = 0; i < count; i++) {
      scale[i] = Float.float16ToFloat(halves[i]);
      zero[i] = bytes[i] & 0xff;
    }
  }

  @Override
  public float[] arranged(float[] x) {
    if (inputs == null) {
      return x;
    }
    float[] arranged = new float[inputs.length];
    for (int p = 0; p < arranged.length; p++) {
      arranged[p] = inputs[p] < 0 ? 0 : x[inputs[p]];
    }
    return arranged;
  }

  /**
   * Adds up group by group: {@code y = Σ scale · ((Σ even positions' steps · x) + (Σ odd positions'
   * steps · x))}, where steps are codes less zero points.
   */
  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    float[] scale = new float[groups() * PANEL];
    float[] steps = new float[groupEnds[groups() - 1] * PANEL * PANEL];
    for (int panel = first / PANEL; panel < (first + count) / PANEL; panel++) {
      steps(panel, scale, steps);
      for (int o = 0; o < PANEL; o++) {
        float sum = 0;
        for (int g = 0, p = 0; g < groups(); g++) {
          float even = 0;
          float odd = 0;
          for (int end = groupEnds[g] * PANEL; p < end; p += 2) {
            even = Math.fma(steps[p * PANEL + o], arranged[p], even);
            odd = Math.fma(steps[(p + 1) * PANEL + o], arranged[p + 1], odd);
          }
          sum = Math.fma(even + odd, scale[g * PANEL + o], sum);
        }
        y[at + panel * PANEL + o] = sum;
      }
    }
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    float[] scale = new float[groups() * PANEL];
    float[] steps = new float[groupEnds[groups() - 1] * PANEL * PANEL];
    float[] decoded = new float[in * count];
    for (int panel = first / PANEL; panel < (first + count) / PANEL; panel++) {
      steps(panel, scale, steps);
      for (int g = 0, p = 0; g < groups(); g++) {
        for (; p < groupEnds[g] * PANEL; p++) {
          if (input(p) >= 0) {
            int to = input(p) * count + panel * PANEL - first;
            for (int o = 0; o < PANEL; o++) {
              decoded[to + o] = scale[g * PANEL + o] * steps[p * PANEL + o];
            }
          }
        }
      }
    }
    MemorySegment.copy(decoded, 0, target, LittleEndian.FLOAT, 0, decoded.length);
  }

  /**
   * A panel's codes less their zero points.
   *
   * @param scale receives {@code [groups, 32]}
   * @param steps receives {@code [positions, 32]}
   */
  private void steps(int panel, float[] scale, float[] steps) {
    int[] zero = new int[groups() * PANEL];
    parameters(panel, scale, zero);
    int[] stored = new int[steps.length / Integer.SIZE * bits];
    MemorySegment.copy(words, LittleEndian.INT, firstWord(panel), stored, 0, stored.length);
    int[] codes = new int[PANEL];
    for (int g = 0, run = 0; g < groups(); g++) {
      for (; run < groupEnds[g]; run++) {
        for (int o = 0; o < PANEL; o++) {
          BitFields.unpack(stored, run * bits * PANEL + o, PANEL, bits, codes);
          for (int k = 0; k < PANEL; k++) {
            steps[(run * PANEL + k) * PANEL + o] = codes[k] - zero[g * PANEL + o];
          }
        }
      }
    }
  }
}
