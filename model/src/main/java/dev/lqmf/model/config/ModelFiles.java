package dev.lqmf.model.config;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The small files of a model directory, each JSON file read once however many ask for it. For use
 * by one thread.
 */
public final class ModelFiles {
  private final Path directory;
  private final Map<String, Optional<ObjectNode>> objects = new HashMap<>();

  public ModelFiles(Path directory) {
    this.directory = directory;
  }

  /** Where the files are. */
  public Path directory() {
    return directory;
  }

  /** The path of a file, whether it exists or not. */
  public Path path(String name) {
    return directory.resolve(name);
  }

  /** Whether there is such a file. */
  public boolean has(String name) {
    return Files.isRegularFile(path(name));
  }

  /**
   * The JSON object in a file, or nothing if there is no such file. Not to be changed.
   *
   * @throws InputException if the file holds something else
   */
  public Optional<ObjectNode> object(String name) throws IOException {
    Optional<ObjectNode> known = objects.get(name);
    if (known == null) {
      known = JsonFiles.object(path(name));
      objects.put(name, known);
    }
    return known;
  }

  /**
   * The text of a file, or nothing if there is no such file.
   *
   * @throws InputException if it is not UTF-8
   */
  public Optional<String> text(String name) throws IOException {
    return JsonFiles.text(path(name));
  }
}
