package dev.lqmf.factory.decide;

import dev.lqmf.quant.bnb.FourBitFormat;
import dev.lqmf.quant.mix.GgufFileType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The types and methods that wishes may name, and what goes with what. */
final class TypeNames {
  static final String GGUF = "gguf";
  static final String BNB = "bnb";
  static final String GPTQ = "gptq";

  /** Bits that a method has; those of types are left out where a type says them. */
  private static final Map<String, Set<Integer>> BITS =
      Map.of(GGUF, Set.of(2, 3, 4, 5, 6, 8, 16, 32), BNB, Set.of(4, 8), GPTQ, Set.of(2, 3, 4, 8));

  private static final Map<String, String> CANONICAL = new LinkedHashMap<>();

  static {
    for (GgufFileType type : GgufFileType.values()) {
      CANONICAL.put(key(type.name()), type.name());
    }
    GgufFileType.aliases().forEach((alias, type) -> CANONICAL.put(key(alias), type.name()));
    CANONICAL.put("FP16", GgufFileType.F16.name());
    CANONICAL.put("HALF", GgufFileType.F16.name());
    CANONICAL.put("FP32", GgufFileType.F32.name());
    CANONICAL.put("BFLOAT16", GgufFileType.BF16.name());
    CANONICAL.put("FLOAT16", GgufFileType.F16.name());
    CANONICAL.put("MXFP4", GgufFileType.MXFP4_MOE.name());
    for (FourBitFormat format : FourBitFormat.values()) {
      CANONICAL.put(format.name(), format.name());
    }
  }

  private TypeNames() {}

  private static String key(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[\\s_-]", "");
  }

  /** The type's own name, whatever way it is written. */
  static Optional<String> canonical(String written) {
    return Optional.ofNullable(CANONICAL.get(key(written)));
  }

  /** The method that makes a type. */
  static String method(String type) {
    return Arrays.stream(FourBitFormat.values()).anyMatch(f -> f.name().equals(type)) ? BNB : GGUF;
  }

  /** The bits that a type's name tells. */
  static int bits(String type) {
    return Integer.parseInt(type.replaceFirst("^\\D*(\\d+).*$", "$1"));
  }

  static List<String> methods() {
    return List.of(GGUF, BNB, GPTQ);
  }

  /** Whether a method has a format of so many bits; of any method, if none is named. */
  static boolean has(Optional<String> method, int bits) {
    return method.isPresent()
        ? BITS.getOrDefault(method.get(), Set.of()).contains(bits)
        : BITS.values().stream().anyMatch(b -> b.contains(bits));
  }

  /** Types whose names resemble one, the closest first. */
  static List<String> closest(String written) {
    String key = key(written);
    return Arrays.stream(GgufFileType.values())
        .map(Enum::name)
        .sorted(Comparator.comparingInt(n -> Damerau.distance(key(n), key)))
        .limit(3)
        .toList();
  }
}
