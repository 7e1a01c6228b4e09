package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.stream.Collectors;

/** The methods there are. */
public final class QuantMethods {
  private static final List<Entry> ALL =
      List.of(
          new Entry(
              GgufMethod.NAME, "GGUF files for llama.cpp, Ollama and others; choose with --type"),
          new Entry(
              BnbMethod.NAME,
              "bitsandbytes checkpoints for Transformers, on GPUs mostly: NF4, FP4 or INT8; choose"
                  + " with --bits and --quant-type"),
          new Entry(
              GptqMethod.NAME,
              "GPTQ checkpoints for Transformers and GPTQModel, calibrated with a text; choose"
                  + " with --bits and --group-size"));

  private QuantMethods() {}

  /**
   * One of them.
   *
   * @param name as {@code --method} takes it
   * @param advice what it makes, for people
   */
  public record Entry(String name, String advice) {}

  /** All of them, the usual one first. */
  public static List<Entry> all() {
    return ALL;
  }

  /**
   * The method of that name.
   *
   * @throws InputException if there is none; the message lists those there are
   */
  public static Entry named(String name) {
    return ALL.stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no method " + InputException.quote(name),
                    "use one of "
                        + ALL.stream().map(Entry::name).collect(Collectors.joining(", "))));
  }
}
