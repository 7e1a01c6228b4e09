package dev.lqmf.factory.plan;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.Locale;

/** How keys and values are kept: {@code --cache-type-k} and {@code -v} of llama.cpp. */
public enum CacheType {
  F16(TensorType.F16),
  Q8_0(TensorType.Q8_0),
  Q4_0(TensorType.Q4_0);

  private final TensorType type;

  CacheType(TensorType type) {
    this.type = type;
  }

  TensorType type() {
    return type;
  }

  /**
   * The type of that name, in either case.
   *
   * @throws InputException if there is none
   */
  public static CacheType parse(String text) {
    try {
      return valueOf(text.strip().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "keys and values cannot be kept as " + InputException.quote(text),
          "use f16, q8_0 or q4_0",
          e);
    }
  }
}
