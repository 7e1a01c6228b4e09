package dev.lqmf.factory.llm;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The key {@code llm_provider} of a config.json; the file's other keys stay as they are. */
public final class LlmConfigFile {
  private static final String KEY = "llm_provider";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path file;

  public LlmConfigFile(Path file) {
    this.file = file;
  }

  /**
   * What was chosen, if anything.
   *
   * @throws InputException if the file holds no JSON object, or the key no provider
   */
  public Optional<LlmChoice> read() throws IOException {
    JsonNode value = object().path(KEY);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    try {
      return Optional.of(LlmChoice.parse(value.asString("")));
    } catch (InputException e) {
      throw new InputException(file + ": " + KEY + ": " + e.getMessage(), e.mend(), e);
    }
  }

  /** Keeps a choice. The file is replaced in one step. */
  public void write(LlmChoice choice) throws IOException {
    ObjectNode object = object();
    object.put(KEY, choice.toString());
    Path whole = file.toAbsolutePath();
    Path part = Files.createTempFile(whole.getParent(), ".config", ".part");
    try {
      Files.writeString(part, JSON.writeValueAsString(object) + "\n");
      Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private ObjectNode object() throws IOException {
    try {
      if (JSON.readTree(Files.readString(file)) instanceof ObjectNode object) {
        return object;
      }
    } catch (NoSuchFileException absent) {
      return JSON.createObjectNode();
    } catch (JacksonException malformed) {
      // Reported below.
    }
    throw new InputException(file + " holds no JSON object", "correct it, or delete it");
  }
}
