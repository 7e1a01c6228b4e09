package dev.lqmf.factory.llm;

import dev.lqmf.tensor.InputException;
import java.util.Optional;
import java.util.regex.Pattern;

/** A provider's key. It is a secret: no message, log or {@code toString} shows it. */
public final class ApiKey {
  /** What can stand in a header; anything else was pasted wrongly. */
  private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]+");

  private final String secret;
  private final String origin;

  private ApiKey(String secret, String origin) {
    this.secret = secret;
    this.origin = origin;
  }

  /**
   * The key in a text, without blanks around it; none if the text is blank.
   *
   * @param origin the name of the variable
   * @throws InputException if the text cannot be a key
   */
  static Optional<ApiKey> of(String text, String origin) {
    String cleaned = text.strip();
    if (cleaned.isEmpty()) {
      return Optional.empty();
    }
    if (!PRINTABLE.matcher(cleaned).matches()) {
      throw new InputException(
          origin + " holds blanks or characters no key has", "copy the key again");
    }
    return Optional.of(new ApiKey(cleaned, origin));
  }

  /** The variable it was read from. */
  public String origin() {
    return origin;
  }

  /** The key itself, for the library that sends it. */
  String secret() {
    return secret;
  }

  /** A text from elsewhere, such as a server's complaint, without the key. */
  String removeFrom(String text) {
    return Pattern.compile(Pattern.quote(secret), Pattern.CASE_INSENSITIVE)
        .matcher(text)
        .replaceAll("[key]");
  }

  @Override
  public String toString() {
    return "ApiKey[" + origin + "]";
  }
}
