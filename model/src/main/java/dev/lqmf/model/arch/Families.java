package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** All families of models that LQMF knows. */
public final class Families {
  private static final List<Family> ALL =
      List.of(
          Llama.family(),
          Qwen.qwen2(),
          Qwen.qwen3(),
          Qwen.qwen3Moe(),
          Gemma.gemma2(),
          Gemma.gemma3(),
          Phi.phi2(),
          Phi.phi3(),
          Gpt2.family(),
          GptNeoX.family(),
          StarCoder.bigCode(),
          StarCoder.starCoder2(),
          Falcon.family(),
          Bloom.family(),
          StableLm.family(),
          Olmo.olmo2(),
          Glm.glm(),
          Glm.chatGlm(),
          Glm.glm4(),
          SmolLm3.family(),
          Granite.family(),
          T5.family(),
          Bert.bert(),
          Bert.roberta(),
          Opt.family(),
          GptNeo.family(),
          GptJ.gptJ(),
          GptJ.codeGen(),
          Bart.bart(),
          Bart.blenderbot(),
          Bart.blenderbotSmall());

  private static final TreeMap<String, Family> BY_CLASS = new TreeMap<>();

  static {
    for (Family family : ALL) {
      for (String name : family.classes()) {
        if (BY_CLASS.put(name, family) != null) {
          throw new IllegalStateException("two families claim " + name);
        }
      }
    }
  }

  private Families() {}

  /** The classes that are known, in alphabetical order. */
  public static List<String> classes() {
    return List.copyOf(BY_CLASS.keySet());
  }

  /** The classes that can be run, in alphabetical order. */
  public static List<String> runnable() {
    return BY_CLASS.keySet().stream().filter(Families::runs).toList();
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
    return ALL.stream().anyMatch(f -> f.hasGguf() && f.name().equals(name));
  }

  /** Whether a class of Transformers is one of {@link #runnable()}. */
  public static boolean runs(String modelClass) {
    return find(modelClass).filter(f -> f.runs(modelClass)).isPresent();
  }

  /** The family of a class of Transformers, if it is known. */
  public static Optional<Family> find(String modelClass) {
    return Optional.ofNullable(BY_CLASS.get(modelClass));
  }

  /**
   * The family that a checkpoint's configuration names.
   *
   * @throws InputException if it names none, or one that is unknown; the message lists those that
   *     are known
   */
  public static Family of(HfConfig config) {
    String name = config.architecture();
    return find(name)
        .orElseThrow(
            () ->
                new InputException(
                    "%s: the architecture %s is not known"
                        .formatted(config.file(), InputException.quote(name)),
                    "use a model of one of " + String.join(", ", classes())));
  }

  /**
   * The family of a GGUF file.
   *
   * @throws InputException if it is unknown; the message lists those that are known
   */
  public static Family ofGguf(GgufReading gguf) {
    return ALL.stream()
        .filter(f -> f.reads(gguf))
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
                                ALL.stream().filter(Family::hasGguf).map(Family::name).toList()))));
  }

  /**
   * What the model of a directory computes.
   *
   * @throws InputException if its class is unknown, or an option of its configuration is not
   *     supported
   * @throws IOException if the configuration cannot be read
   */
  public static Network network(ModelFiles files) throws IOException {
    return network(HfConfig.read(files));
  }

  /**
   * What a model computes; what its configuration lacks is what Transformers would assume.
   *
   * @throws InputException if its class is unknown, or one of its options is not supported
   */
  public static Network network(HfConfig config) {
    return find(config.architecture()).orElseThrow(() -> cannotRun(config)).network(config);
  }

  static InputException cannotRun(HfConfig config) {
    return new InputException(
        "running a model of class %s is not supported"
            .formatted(InputException.quote(config.architecture())),
        "use a model of one of " + String.join(", ", runnable()));
  }
}
