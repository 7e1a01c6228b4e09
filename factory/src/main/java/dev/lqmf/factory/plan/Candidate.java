package dev.lqmf.factory.plan;

import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.GptqOptions;
import dev.lqmf.factory.QuantMethod;
import dev.lqmf.factory.QuantMethods;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.FourBitFormat;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Something that a plan may make.
 *
 * @param name of the method
 * @param type its output
 * @param method with the options for that
 */
record Candidate(String name, String type, QuantMethod method) {
  /** Steps worth taking: the types between them are for those who ask for them. */
  private static final List<GgufFileType> LADDER =
      List.of(
          GgufFileType.BF16,
          GgufFileType.Q8_0,
          GgufFileType.Q6_K,
          GgufFileType.Q5_K_M,
          GgufFileType.Q4_K_M,
          GgufFileType.IQ4_XS,
          GgufFileType.Q3_K_M,
          GgufFileType.Q2_K);

  private static final List<String> GPTQ_TYPES = List.of("8bit", "4bit", "3bit", "2bit");

  /**
   * The candidate of a method and a type.
   *
   * @throws InputException if there is no such method or type
   */
  static Candidate of(String method, String type) {
    return switch (QuantMethods.named(method).name()) {
      case GgufMethod.NAME -> gguf(GgufFileType.parse(type));
      case BnbMethod.NAME ->
          type.toUpperCase(Locale.ROOT).equals("INT8")
              ? bnb(8, BnbOptions.DEFAULT.format())
              : bnb(4, FourBitFormat.parse(type.toLowerCase(Locale.ROOT)));
      case GptqMethod.NAME -> gptq(GPTQ_TYPES.indexOf(type.toLowerCase(Locale.ROOT)), type);
      default ->
          throw new InputException(
              "plans for " + method + " cannot be made",
              "use gguf, bnb or gptq, or lqmf quantize itself");
    };
  }

  private static Candidate gguf(GgufFileType type) {
    return new Candidate(
        GgufMethod.NAME,
        type.name(),
        new GgufMethod(List.of(type), MixOptions.NONE, Optional.empty(), OptionalLong.empty()));
  }

  private static Candidate bnb(int bits, FourBitFormat format) {
    BnbOptions usual = BnbOptions.DEFAULT;
    BnbOptions options =
        new BnbOptions(
            bits, format, usual.blockSize(), usual.doubleQuant(), usual.storage(), usual.skip());
    return new Candidate(BnbMethod.NAME, options.label(), new BnbMethod(options));
  }

  private static Candidate gptq(int index, String asked) {
    if (index < 0) {
      throw new InputException(
          "GPTQ has no type " + InputException.quote(asked),
          "use " + String.join(", ", GPTQ_TYPES));
    }
    String type = GPTQ_TYPES.get(index);
    GptqOptions usual = GptqOptions.DEFAULTS;
    GptqSettings settings = usual.settings();
    return new Candidate(
        GptqMethod.NAME,
        type,
        new GptqMethod(
            new GptqOptions(
                new GptqSettings(
                    bits(type),
                    settings.groupSize(),
                    settings.symmetric(),
                    settings.actOrder(),
                    settings.staticGroups(),
                    settings.damp()),
                usual.samples(),
                usual.sequenceLength(),
                usual.calibration(),
                usual.head(),
                usual.device())));
  }

  /**
   * All that a method is likely to be wanted for, and the types that were asked for.
   *
   * @param types asked for
   * @param bits asked for
   * @throws InputException if there is no such method or type
   */
  static List<Candidate> all(String method, List<String> types, OptionalInt bits) {
    List<Candidate> all = new ArrayList<>();
    if (QuantMethods.named(method).name().equals(BnbMethod.NAME)) {
      all.add(bnb(8, BnbOptions.DEFAULT.format()));
      all.add(bnb(4, BnbOptions.DEFAULT.format()));
    } else if (method.equals(GptqMethod.NAME)) {
      GPTQ_TYPES.forEach(type -> all.add(of(method, type)));
    } else if (method.equals(GgufMethod.NAME)) {
      LADDER.forEach(type -> all.add(gguf(type)));
      if (bits.isPresent()) {
        Arrays.stream(GgufFileType.values())
            .filter(t -> bits(t.name()) == bits.getAsInt() && !LADDER.contains(t))
            .filter(t -> t == GgufFileType.F16 || t == GgufFileType.F32 || t == GgufFileType.Q4_K_S)
            .forEach(t -> all.add(gguf(t)));
      }
    }
    for (String type : types) {
      Candidate asked = of(method, type);
      if (all.stream().noneMatch(c -> c.type.equals(asked.type))) {
        all.add(asked);
      }
    }
    if (all.isEmpty()) {
      all.add(of(method, ""));
    }
    return all;
  }

  /** The bits that the type's name tells. */
  int bits() {
    return bits(type);
  }

  private static int bits(String type) {
    return Integer.parseInt(type.replaceFirst("^\\D*(\\d+).*$", "$1"));
  }
}
