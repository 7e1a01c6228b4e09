package dev.lqmf.hub;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The files where huggingface_hub (0.25 and newer) keeps tokens, which only their owner may read.
 *
 * <pre>
 *   token           the one in use
 *   stored_tokens   all by name:  [name]
 *                                 hf_token = hf_...
 * </pre>
 *
 * @param active the one in use
 * @param stored all by name
 */
public record TokenFiles(Path active, Path stored) {
  private static final String KEY = "hf_token";

  /** The token in use, if there is one. */
  public Optional<HubToken> read() throws IOException {
    return HubToken.read(active);
  }

  /**
   * Stores a token and puts it to use.
   *
   * @param name what the Hub calls it
   */
  public void save(HubToken token, String name) throws IOException {
    Map<String, String> tokens = readStored();
    tokens.put(sectionName(name), token.secret());
    writeStored(tokens);
    write(active, token.secret());
  }

  /**
   * Removes the token in use, from both files; others that are stored stay.
   *
   * @return the files that were changed
   */
  public List<Path> clear() throws IOException {
    List<Path> changed = new ArrayList<>();
    Optional<HubToken> token = read();
    Map<String, String> tokens = readStored();
    if (token.isPresent() && tokens.values().removeIf(token.get().secret()::equals)) {
      writeStored(tokens);
      changed.add(stored);
    }
    if (Files.deleteIfExists(active)) {
      changed.add(active);
    }
    return changed;
  }

  /** Brackets and line ends would end the name. */
  private static String sectionName(String name) {
    String cleaned = name.replaceAll("[\\[\\]\\p{Cntrl}]", "").strip();
    return cleaned.isEmpty() ? "lqmf" : cleaned;
  }

  /** The stored tokens by name, as Python's configparser reads them. */
  private Map<String, String> readStored() throws IOException {
    Map<String, String> tokens = new LinkedHashMap<>();
    List<String> lines;
    try {
      lines = Files.readAllLines(stored);
    } catch (NoSuchFileException absent) {
      return tokens;
    }
    String section = "";
    for (String line : lines) {
      String text = line.strip();
      int separator = text.indexOf('=');
      if (text.startsWith("[") && text.endsWith("]")) {
        section = text.substring(1, text.length() - 1);
      } else if (separator > 0 && text.substring(0, separator).strip().equalsIgnoreCase(KEY)) {
        tokens.put(section, text.substring(separator + 1).strip());
      } else if (!text.isEmpty() && !text.startsWith("#") && !text.startsWith(";")) {
        throw new InputException(
            stored + " is not as huggingface_hub writes it", "correct it, or move it away");
      }
    }
    return tokens;
  }

  private void writeStored(Map<String, String> tokens) throws IOException {
    if (tokens.isEmpty()) {
      Files.deleteIfExists(stored);
      return;
    }
    StringBuilder text = new StringBuilder();
    tokens.forEach(
        (name, secret) ->
            text.append('[')
                .append(name)
                .append("]\n")
                .append(KEY)
                .append(" = ")
                .append(secret)
                .append("\n\n"));
    write(stored, text.toString());
  }

  /** Replaces a file in one step; at no time may anybody else read it. */
  private static void write(Path file, String text) throws IOException {
    Path target = file.toAbsolutePath();
    Path directory = Objects.requireNonNull(target.getParent(), "a file is in a directory");
    Files.createDirectories(directory);
    // Such a file belongs to its owner alone on every system.
    FileAttribute<?>[] owners =
        directory.getFileSystem().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    Path partial = Files.createTempFile(directory, ".token", ".partial", owners);
    try {
      Files.writeString(partial, text);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
