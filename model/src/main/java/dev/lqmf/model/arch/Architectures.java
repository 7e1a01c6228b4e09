package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture;
import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.TreeMap;

/** All architectures that LQMF knows. */
public final class Architectures {
  private static final List<Architecture> ALL =
      List.of(Llama.table(), Gpt2.table(), Qwen.qwen2(), Qwen.qwen3());

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

  /** The classes that can be converted, in alphabetical order. */
  public static List<String> classes() {
    return List.copyOf(BY_CLASS.keySet());
  }

  /**
   * The architecture of a Transformers class.
   *
   * @throws InputException if it is unknown; the message lists those that are known
   */
  public static Architecture ofClass(String name) {
    Architecture found = BY_CLASS.get(name);
    if (found == null) {
      throw new InputException(
          "the architecture %s is not known".formatted(InputException.quote(name)),
          "use a model of one of " + String.join(", ", classes()));
    }
    return found;
  }
}
