package dev.lqmf.quant.mix;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A type for all tensors whose name contains a match of a regular expression: {@code --tensor-type
 * PATTERN=TYPE}.
 *
 * @param pattern in lower case, as {@code llama-quantize} makes it
 * @param type what matching tensors become
 */
public record TypeOverride(String pattern, TensorType type) {

  /**
   * Checks the expression.
   *
   * @throws InputException if it is not a regular expression
   */
  public TypeOverride {
    try {
      var _ = Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw new InputException(
          "'" + pattern + "' is not a regular expression: " + e.getDescription(),
          "write a part of a tensor's name, as in attn_v=Q6_K",
          e);
    }
  }

  /** The expression, ready to be searched for in names. */
  Pattern regex() {
    return Pattern.compile(pattern);
  }

  /** Whether a tensor's name contains a match. */
  public boolean matches(String name) {
    return regex().matcher(name).find();
  }

  /**
   * Parses {@code PATTERN=TYPE}.
   *
   * @throws InputException if it has another form, or the type is unknown
   */
  public static TypeOverride parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0 || equals == text.length() - 1) {
      throw new InputException(
          "'" + text + "' is not of the form PATTERN=TYPE",
          "write a part of a tensor's name and a type, as in attn_v=Q6_K");
    }
    return new TypeOverride(
        text.substring(0, equals).toLowerCase(Locale.ROOT),
        MixTypes.parse(text.substring(equals + 1)));
  }
}
