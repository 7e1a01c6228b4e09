package dev.lqmf.factory.docs;

import dev.lqmf.factory.feedback.TestStore;
import dev.lqmf.factory.plan.MemoryModel;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a result directory says of itself.
 *
 * @param directory of the result
 * @param recipe {@code recipe.json}
 * @param summary {@code summary.json}
 * @param test what its first test found, {@code test.json}; absent if there was none
 * @param memory absent where LQMF does not know how the model computes
 */
record Result(
    Path directory,
    JsonNode recipe,
    JsonNode summary,
    Optional<JsonNode> test,
    Optional<Memory> memory) {

  /**
   * Memory of a running model.
   *
   * @param weights bytes
   * @param model tells the bytes of keys and values
   * @param trainedLength tokens, if known
   * @param continuesText whether it is only a decoder
   */
  record Memory(
      long weights, MemoryModel model, OptionalInt trainedLength, boolean continuesText) {}

  /**
   * Reads a result.
   *
   * @throws InputException if the directory holds none
   */
  static Result read(Path directory) throws IOException {
    return new Result(
        directory,
        json(directory.resolve("recipe.json")),
        json(directory.resolve("summary.json")),
        Files.exists(directory.resolve(TestStore.BESIDE))
            ? Optional.of(json(directory.resolve(TestStore.BESIDE)))
            : Optional.empty(),
        memory(directory));
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JsonMapper.shared().readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new InputException(
          "%s is no result of LQMF: it has no %s".formatted(file.getParent(), file.getFileName()),
          "name a directory that lqmf quantize made",
          e);
    } catch (JacksonException e) {
      throw new InputException(file + " is not valid JSON", "make the result again", e);
    }
  }

  private static Optional<Memory> memory(Path directory) throws IOException {
    try (StoredModel model = StoredModel.open(directory, String.valueOf(directory.getFileName()))) {
      return Optional.of(
          new Memory(
              model.bytes(),
              MemoryModel.of(model),
              model.network().trainedLength(),
              model.network().decoder().isPresent() && model.network().encoder().isEmpty()));
    } catch (InputException e) {
      return Optional.empty();
    }
  }

  String name() {
    return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
  }

  /** The model that it was made of. */
  String model() {
    return summary.path("model").asString();
  }

  /** As in Q4_K_M or NF4. */
  String type() {
    return summary.path("fileType").asString();
  }

  /** Names of the files with weights, the first to be opened first. */
  List<String> weights() {
    return summary
        .path("files")
        .valueStream()
        .map(f -> f.path("name").asString())
        .filter(n -> n.endsWith(".gguf") || n.endsWith(".safetensors"))
        .toList();
  }

  boolean isGguf() {
    return weights().stream().anyMatch(n -> n.endsWith(".gguf"));
  }

  /** {@code gguf}, {@code gptq} or {@code bnb}. */
  String method() {
    return isGguf() ? "gguf" : recipe.path("method").asString().toLowerCase(Locale.ROOT);
  }
}
