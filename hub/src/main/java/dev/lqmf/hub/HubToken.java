package dev.lqmf.hub;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** An access token of the Hub. It is a secret: no message, log or {@code toString} shows it. */
public final class HubToken {
  /** What can stand in a header; anything else was pasted wrongly. */
  private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]+");

  private final String secret;
  private final String origin;

  private HubToken(String secret, String origin) {
    this.secret = secret;
    this.origin = origin;
  }

  /**
   * The token in a text, without the line ends and blanks around it; none if the text is blank.
   *
   * @param origin where the text comes from, for the message
   * @throws InputException if the text cannot be a token
   */
  public static Optional<HubToken> of(String text, String origin) {
    String cleaned = text.replace("\r", "").replace("\n", "").strip();
    if (cleaned.isEmpty()) {
      return Optional.empty();
    }
    if (!PRINTABLE.matcher(cleaned).matches()) {
      throw new InputException(
          "the Hugging Face token in " + origin + " holds blanks or characters no token has",
          "copy it again from https://huggingface.co/settings/tokens");
    }
    return Optional.of(new HubToken(cleaned, origin));
  }

  /**
   * The token stored in a file, as {@code hf auth login} writes it; none if there is no such file.
   *
   * @throws IOException if the file is there and cannot be read
   */
  static Optional<HubToken> read(Path file) throws IOException {
    try {
      return of(Files.readString(file), file.toString());
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
  }

  /** Where it comes from: the name of a variable, or a file. */
  public String origin() {
    return origin;
  }

  /** What is written to the files that keep it. */
  String secret() {
    return secret;
  }

  /** The value of the Authorization header. */
  String authorization() {
    return "Bearer " + secret;
  }

  @Override
  public String toString() {
    return "HubToken[…]";
  }
}
