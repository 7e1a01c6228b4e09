package dev.lqmf.factory;

import dev.lqmf.factory.plugin.LayerMethod;
import dev.lqmf.factory.plugin.Plugins;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The methods there are. */
public final class QuantMethods {
  private static final List<Entry> OWN =
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
   * @param plugin the method that a plugin brings; absent for those of LQMF itself
   */
  public record Entry(String name, String advice, Optional<LayerMethod> plugin) {
    Entry(String name, String advice) {
      this(name, advice, Optional.empty());
    }
  }

  /** Those of LQMF itself, the usual one first. */
  public static List<Entry> own() {
    return OWN;
  }

  /**
   * All of them, the usual one first, those of plugins last.
   *
   * @throws InputException if a plugin cannot be used
   */
  public static List<Entry> all() {
    return with(Plugins.DEFAULT_DIRECTORY);
  }

  /**
   * All methods, with those of the plugins in a directory.
   *
   * @throws InputException if a plugin cannot be used
   */
  static List<Entry> with(Path plugins) {
    List<Entry> all = new ArrayList<>(OWN);
    try {
      for (LayerMethod method :
          Plugins.load(plugins, OWN.stream().map(Entry::name).collect(Collectors.toSet()))) {
        all.add(new Entry(method.name(), method.advice(), Optional.of(method)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(all);
  }

  /**
   * The method of that name.
   *
   * @throws InputException if there is none; the message lists those there are
   */
  public static Entry named(String name) {
    return all().stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no method " + InputException.quote(name),
                    "use one of "
                        + all().stream().map(Entry::name).collect(Collectors.joining(", "))));
  }
}
