package dev.lqmf.factory.llm;

import dev.lqmf.factory.IndentedJson;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the keys {@code llm_provider} and {@code llm_model} of a config.json; its other keys stay
 * as they are.
 */
public final class LlmConfigFile {
  private static final String PROVIDER = "llm_provider";
  private static final String MODEL = "llm_model";
  private static final JsonMapper JSON = IndentedJson.mapper().build();

  private final Path file;

  /**
   * @param file need not exist
   */
  public LlmConfigFile(Path file) {
    this.file = file;
  }

  /** Keeps a choice. The file is replaced in one step. */
  public void write(ModelChoice choice) throws IOException {
    write(choice.provider().name(), choice.model());
  }

  /** Keeps that nobody is to be asked. */
  public void writeNone() throws IOException {
    write("none", Optional.empty());
  }

  /** Forgets the choice: the first provider that can be asked is. */
  public void writeAuto() throws IOException {
    write("auto", Optional.empty());
  }

  private void write(String provider, Optional<String> model) throws IOException {
    ObjectNode object = object();
    object.put(PROVIDER, provider);
    object.remove(MODEL);
    model.ifPresent(name -> object.put(MODEL, name));
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
        if (object.has("architectures") || object.has("model_type")) {
          throw new InputException(
              file + " belongs to a model", "run LQMF in another directory, or set LLM_PROVIDER");
        }
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
