package dev.lqmf.model;

import java.util.Map;

/**
 * Names of Mixtral's experts. Its checkpoints have {@code block_sparse_moe.experts.N.w1}; programs
 * that build the model with Transformers 5, such as GPTQModel 7.7, read and write {@code
 * mlp.experts.N.gate_proj}, as with all other models.
 */
public final class ExpertNames {
  private static final String OLD = ".block_sparse_moe.";
  private static final Map<String, String> PARTS =
      Map.of(".w1", ".gate_proj", ".w2", ".down_proj", ".w3", ".up_proj");

  private ExpertNames() {}

  /** A module's or tensor's name as Transformers 5 has it; other names stay as they are. */
  public static String current(String name) {
    int at = name.indexOf(OLD);
    if (at < 0) {
      return name;
    }
    String inside = name.substring(at + OLD.length());
    for (Map.Entry<String, String> part : PARTS.entrySet()) {
      String old = part.getKey();
      if (inside.endsWith(old) || inside.contains(old + ".")) {
        inside = inside.replace(old, part.getValue());
      }
    }
    return name.substring(0, at) + ".mlp." + inside;
  }
}
