package dev.lqmf.tensor.gguf;

import java.util.Locale;
import java.util.Optional;

/** The types of metadata values ({@code enum gguf_type}); the order is that of their ids. */
public enum GgufType {
  UINT8(1, "u8"),
  INT8(1, "i8"),
  UINT16(2, "u16"),
  INT16(2, "i16"),
  UINT32(4, "u32"),
  INT32(4, "i32"),
  FLOAT32(4, "f32"),
  BOOL(1, "bool"),
  STRING(0, "str"),
  ARRAY(0, "arr"),
  UINT64(8, "u64"),
  INT64(8, "i64"),
  FLOAT64(8, "f64");

  private static final GgufType[] BY_ID = values();

  private final int byteSize;
  private final String label;

  GgufType(int byteSize, String label) {
    this.byteSize = byteSize;
    this.label = label;
  }

  /** The id in a file, 0 to 12. */
  public int id() {
    return ordinal();
  }

  /** Bytes of one value; 0 for strings and arrays, whose length varies. */
  public int byteSize() {
    return byteSize;
  }

  /** The short name that llama.cpp prints, such as {@code u32}. */
  public String label() {
    return label;
  }

  /** Whether values are whole numbers. */
  public boolean isInteger() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
    };
  }

  /** The type with this id, if there is one. */
  public static Optional<GgufType> ofId(int id) {
    return id >= 0 && id < BY_ID.length ? Optional.of(BY_ID[id]) : Optional.empty();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
