package dev.lqmf.runtime;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.Pair;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a question as a model's chat template wants it. */
final class ChatPrompt {
  private static final int PRIVATE_USE = 0xE000;

  private ChatPrompt() {}

  /**
   * The text to continue.
   *
   * @param leadingBos dropped from the beginning, because llama.cpp prepends the token itself
   */
  static String apply(LlamaModel model, String question, String leadingBos) {
    // The binding garbles code points that need four bytes in UTF-8. Those pass in disguise.
    Map<Integer, Integer> disguises = disguises(question);
    String message = replace(question, disguises);
    String prompt =
        model.applyTemplate(
            new InferenceParameters("").setMessages("", List.of(new Pair<>("user", message))));
    Map<Integer, Integer> originals = new HashMap<>();
    disguises.forEach((original, disguise) -> originals.put(disguise, original));
    String text = replace(prompt, originals);
    return text.substring(text.startsWith(leadingBos) ? leadingBos.length() : 0);
  }

  /** A private-use character that does not occur in the text, for each supplementary one. */
  private static Map<Integer, Integer> disguises(String text) {
    Map<Integer, Integer> disguises = new HashMap<>();
    int next = PRIVATE_USE;
    for (int c : text.codePoints().filter(Character::isSupplementaryCodePoint).toArray()) {
      if (!disguises.containsKey(c)) {
        while (text.indexOf(next) >= 0) {
          next++;
        }
        disguises.put(c, next++);
      }
    }
    return disguises;
  }

  private static String replace(String text, Map<Integer, Integer> replacements) {
    if (replacements.isEmpty()) {
      return text;
    }
    StringBuilder replaced = new StringBuilder();
    text.codePoints().forEach(c -> replaced.appendCodePoint(replacements.getOrDefault(c, c)));
    return replaced.toString();
  }
}
