package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** All architectures that LQMF knows. */
public final class Architectures {
  private static final List<Architecture> ALL =
      List.of(
          Llama.table(),
          Qwen.qwen2(),
          Qwen.qwen3(),
          Qwen.qwen3Moe(),
          Gemma.gemma2(),
          Gemma.gemma3(),
          Phi.phi2(),
          Phi.phi3(),
          Gpt2.table(),
          GptNeoX.table(),
          StarCoder.bigCode(),
          StarCoder.starCoder2(),
          Falcon.table(),
          Bloom.table(),
          StableLm.table(),
          Olmo.olmo2(),
          Glm.glm(),
          Glm.chatGlm(),
          Glm.glm4(),
          SmolLm3.table(),
          Granite.table(),
          T5.table(),
          Bert.bert(),
          Bert.roberta(),
          Opt.table(),
          GptNeo.table(),
          GptJ.gptJ(),
          GptJ.codeGen(),
          Bart.bart(),
          Bart.blenderbot(),
          Bart.blenderbotSmall());

  private static final TreeMap<String, Architecture> BY_CLASS = new TreeMap<>();

  static {
    for (Architecture a : ALL) {
      for (String name : a.classes()) {
        if (BY_CLASS.put(name, a) != null) {
          throw new IllegalStateException("two architectures claim " + name);
        }
      }
    }
  }

  private Architectures() {}

  /** The classes that are known, in alphabetical order. */
  public static List<String> classes() {
    return List.copyOf(BY_CLASS.keySet());
  }

  /** The classes that can become a GGUF, in alphabetical order. */
  public static List<String> convertible() {
    return BY_CLASS.entrySet().stream()
        .filter(e -> e.getValue().hasGguf())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether a {@code general.architecture} is one of those that are known. */
  public static boolean hasGguf(String name) {
    return ALL.stream().anyMatch(a -> a.hasGguf() && a.name().equals(name));
  }

  /** The architecture of a Transformers class, if it is known. */
  public static Optional<Architecture> find(String name) {
    return Optional.ofNullable(BY_CLASS.get(name));
  }

  /**
   * The architecture of a GGUF file.
   *
   * @throws InputException if it is unknown; the message lists those that are known
   */
  public static Architecture ofGguf(GgufReading gguf) {
    return ALL.stream()
        .filter(a -> a.hasGguf() && a.isRead(gguf))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "the GGUF's architecture %s is not known"
                        .formatted(InputException.quote(gguf.architecture())),
                    "use a model of one of "
                        + String.join(
                            ", ",
                            new TreeSet<>(
                                ALL.stream()
                                    .filter(Architecture::hasGguf)
                                    .map(Architecture::name)
                                    .toList()))));
  }

  /**
   * The architecture that a checkpoint's configuration names.
   *
   * @throws InputException if it names none, or one that is unknown; the message lists those that
   *     are known
   */
  public static Architecture of(HfConfig config) {
    return ofClass(config.architecture(), config.file() + ": ");
  }

  /**
   * The architecture of a Transformers class.
   *
   * @throws InputException if it is unknown; the message lists those that are known
   */
  public static Architecture ofClass(String name) {
    return ofClass(name, "");
  }

  private static Architecture ofClass(String name, String place) {
    Architecture found = BY_CLASS.get(name);
    if (found == null) {
      throw new InputException(
          "%sthe architecture %s is not known".formatted(place, InputException.quote(name)),
          "use a model of one of " + String.join(", ", classes()));
    }
    return found;
  }
}
