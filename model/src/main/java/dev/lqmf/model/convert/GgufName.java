package dev.lqmf.model.convert;

import java.util.Map;
import java.util.Optional;

/**
 * Where a checkpoint's weight is in a GGUF of the model.
 *
 * @param tensor name in the GGUF
 * @param expert index in the stack of experts; −1 if it is no part of one
 */
public record GgufName(String tensor, int expert) {
  private static final String SUFFIX = ".weight";

  /**
   * The place of a weight; empty if GGUF has none for it.
   *
   * @param name in the checkpoint, as in {@code model.layers.0.mlp.up_proj.weight}
   */
  public static Optional<GgufName> of(Architecture architecture, String name) {
    NumberedName pattern =
        NumberedName.of(
            name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name);
    Map<String, TensorRule> rules = architecture.tensors();
    TensorRule rule = rules.getOrDefault(pattern.text(), rules.get(pattern.firstOnly()));
    return switch (rule) {
      case null -> Optional.empty();
      case TensorRule.Drop _, TensorRule.Refuse _ -> Optional.empty();
      case TensorRule.Rename rename ->
          Optional.of(new GgufName(pattern.gguf(rename.to()) + SUFFIX, -1));
      case TensorRule.Once once -> Optional.of(new GgufName(once.to() + SUFFIX, -1));
      case TensorRule.Stack stack ->
          stack.parts().stream()
              .filter(p -> pattern.text().equals(stack.from().replace("{part}", p.name())))
              .findFirst()
              .map(
                  p ->
                      new GgufName(
                          pattern.gguf(p.to()) + SUFFIX, Integer.parseInt(pattern.second())));
    };
  }
}
