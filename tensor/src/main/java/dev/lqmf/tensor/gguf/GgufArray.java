package dev.lqmf.tensor.gguf;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An array as a file holds it. Elements are decoded when they are asked for: opening a file with a
 * vocabulary of 128,000 tokens makes no 128,000 strings.
 */
public final class GgufArray implements GgufValue {
  /** Elements that {@link #toString()} shows. */
  private static final int SHOWN = 8;

  private final GgufType elementType;
  private final int size;

  /** The elements one after another as in a file, without the array's own type and length. */
  private final byte[] buffer;

  private final int offset;
  private final int length;

  /** Where each string or array begins in the buffer; computed on first use. */
  private volatile int @Nullable [] starts;

  /** Shares the buffer, which nobody changes any more, and trusts that its contents are valid. */
  GgufArray(GgufType elementType, int size, byte[] buffer, int offset, int length) {
    this.elementType = elementType;
    this.size = size;
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
  }

  static GgufArray ofBytes(GgufType type, int size, byte[] bytes) {
    return new GgufArray(type, size, bytes.clone(), 0, bytes.length);
  }

  static GgufArray of(List<String> values) {
    var out = new GgufOutput();
    for (String s : values) {
      byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
      out.u64(bytes.length);
      out.bytes(bytes, 0, bytes.length);
    }
    return of(GgufType.STRING, values.size(), out);
  }

  static GgufArray of(int... values) {
    var out = new GgufOutput();
    for (int v : values) {
      out.u32(v);
    }
    return of(GgufType.INT32, values.length, out);
  }

  static GgufArray of(float... values) {
    var out = new GgufOutput();
    for (float v : values) {
      out.u32(Float.floatToRawIntBits(v));
    }
    return of(GgufType.FLOAT32, values.length, out);
  }

  static GgufArray of(boolean... values) {
    var out = new GgufOutput();
    for (boolean v : values) {
      out.u8(v ? 1 : 0);
    }
    return of(GgufType.BOOL, values.length, out);
  }

  private static GgufArray of(GgufType type, int size, GgufOutput out) {
    byte[] bytes = out.toByteArray();
    return new GgufArray(type, size, bytes, 0, bytes.length);
  }

  @Override
  public GgufType type() {
    return GgufType.ARRAY;
  }

  public GgufType elementType() {
    return elementType;
  }

  public int size() {
    return size;
  }

  /**
   * Element {@code i} as a whole number.
   *
   * @return the number; of {@link GgufType#UINT64} its 64 bits
   * @throws IllegalStateException if the elements are not integers
   */
  public long integer(int i) {
    int at = position(i);
    return switch (elementType) {
      case UINT8 -> buffer[at] & 0xFF;
      case INT8 -> buffer[at];
      case UINT16 -> LittleEndian.i16(buffer, at) & 0xFFFF;
      case INT16 -> LittleEndian.i16(buffer, at);
      case UINT32 -> LittleEndian.i32(buffer, at) & 0xFFFF_FFFFL;
      case INT32 -> LittleEndian.i32(buffer, at);
      case UINT64, INT64 -> LittleEndian.i64(buffer, at);
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> throw mismatch("integers");
    };
  }

  /**
   * Element {@code i} as a real number.
   *
   * @throws IllegalStateException if the elements are not floating-point numbers
   */
  public double real(int i) {
    int at = position(i);
    return switch (elementType) {
      case FLOAT32 -> LittleEndian.f32(buffer, at);
      case FLOAT64 -> LittleEndian.f64(buffer, at);
      default -> throw mismatch("real numbers");
    };
  }

  /**
   * Element {@code i} as a truth value.
   *
   * @throws IllegalStateException if the elements are not
   */
  public boolean bool(int i) {
    require(GgufType.BOOL, "truth values");
    return buffer[position(i)] != 0;
  }

  /**
   * Element {@code i} as a string; what is not valid UTF-8 becomes U+FFFD.
   *
   * @throws IllegalStateException if the elements are not strings
   */
  public String string(int i) {
    return text(i).value();
  }

  /**
   * Element {@code i} as the bytes of a string.
   *
   * @throws IllegalStateException if the elements are not strings
   */
  public GgufText text(int i) {
    require(GgufType.STRING, "strings");
    int at = position(i);
    return new GgufText(buffer, at + Long.BYTES, Math.toIntExact(LittleEndian.i64(buffer, at)));
  }

  /** Element {@code i}. */
  public GgufValue get(int i) {
    int at = position(i);
    return switch (elementType) {
      case FLOAT32 -> new Float32(LittleEndian.f32(buffer, at));
      case FLOAT64 -> new Float64(LittleEndian.f64(buffer, at));
      case BOOL -> new Bool(bool(i));
      case STRING -> text(i);
      case ARRAY -> {
        int end = i + 1 < size ? position(i + 1) : offset + length;
        GgufType type = GgufType.ofId(LittleEndian.i32(buffer, at)).orElseThrow();
        int n = Math.toIntExact(LittleEndian.i64(buffer, at + Integer.BYTES));
        int start = at + Integer.BYTES + Long.BYTES;
        yield new GgufArray(type, n, buffer, start, end - start);
      }
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 ->
          new Int(elementType, integer(i));
    };
  }

  /** A view of the strings, decoded one by one. */
  public List<String> strings() {
    require(GgufType.STRING, "strings");
    return new Strings();
  }

  /**
   * All elements as 32-bit integers.
   *
   * @throws ArithmeticException if one does not fit
   */
  public int[] ints() {
    return IntStream.range(0, size).map(i -> Math.toIntExact(integer(i))).toArray();
  }

  /** All elements as floats; doubles are rounded. */
  public float[] floats() {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) real(i);
    }
    return values;
  }

  /** The elements one after another, little-endian, as in a file. */
  public byte[] bytes() {
    return Arrays.copyOfRange(buffer, offset, offset + length);
  }

  int length() {
    return length;
  }

  void writeTo(GgufOutput out) {
    out.u32(elementType.id());
    out.u64(size);
    out.bytes(buffer, offset, length);
  }

  private int position(int i) {
    if (i < 0 || i >= size) {
      throw new IndexOutOfBoundsException(i + " is not in an array of " + size);
    }
    return elementType.byteSize() > 0 ? offset + i * elementType.byteSize() : starts()[i];
  }

  private int[] starts() {
    int[] known = starts;
    if (known == null) {
      known = new int[size];
      int at = offset;
      for (int i = 0; i < size; i++) {
        known[i] = at;
        at = elementType == GgufType.STRING ? afterString(at) : afterArray(at);
      }
      starts = known;
    }
    return known;
  }

  private int afterString(int at) {
    return at + Long.BYTES + (int) LittleEndian.i64(buffer, at);
  }

  private int afterArray(int at) {
    GgufType type = GgufType.ofId(LittleEndian.i32(buffer, at)).orElseThrow();
    int n = (int) LittleEndian.i64(buffer, at + Integer.BYTES);
    int next = at + Integer.BYTES + Long.BYTES;
    if (type.byteSize() > 0) {
      return next + n * type.byteSize();
    }
    for (int i = 0; i < n; i++) {
      next = type == GgufType.STRING ? afterString(next) : afterArray(next);
    }
    return next;
  }

  private void require(GgufType type, String wanted) {
    if (elementType != type) {
      throw mismatch(wanted);
    }
  }

  private IllegalStateException mismatch(String wanted) {
    return new IllegalStateException("the elements are " + elementType + ", not " + wanted);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GgufArray a
        && elementType == a.elementType
        && size == a.size
        && Arrays.equals(buffer, offset, offset + length, a.buffer, a.offset, a.offset + a.length);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes());
  }

  /** The first elements, and how many there are if there are more. */
  @Override
  public String toString() {
    String shown =
        IntStream.range(0, Math.min(size, SHOWN))
            .mapToObj(i -> get(i).toString())
            .collect(Collectors.joining(", "));
    return size > SHOWN ? "[" + shown + ", … " + size + " in all]" : "[" + shown + "]";
  }

  private final class Strings extends AbstractList<String> implements RandomAccess {
    @Override
    public String get(int i) {
      return string(i);
    }

    @Override
    public int size() {
      return size;
    }
  }
}
