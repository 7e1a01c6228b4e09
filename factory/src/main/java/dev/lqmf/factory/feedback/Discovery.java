package dev.lqmf.factory.feedback;

import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Looks for models. Only headers are read; what is damaged is a find with a reason. */
public final class Discovery {
  private Discovery() {}

  /**
   * The models in a directory, by name: its GGUF files, and its subdirectories that hold one.
   *
   * @throws IOException if the directory cannot be read; none if it does not exist
   */
  public static List<FoundModel> scan(Path directory) throws IOException {
    List<FoundModel> found = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return found;
    }
    List<Path> entries;
    try (Stream<Path> listed = Files.list(directory)) {
      // A dot begins what is not finished.
      entries = listed.filter(e -> !e.getFileName().toString().startsWith(".")).sorted().toList();
    }
    for (Path entry : entries) {
      List<Path> files;
      try {
        files = files(entry);
      } catch (IOException e) {
        found.add(damaged(entry, "", 0, "it cannot be read: " + e.getMessage()));
        continue;
      }
      if (files.stream().anyMatch(Discovery::isModel)) {
        found.add(look(entry, files));
      }
    }
    return found;
  }

  /**
   * The model at a path.
   *
   * @throws InputException if there is none
   * @throws IOException if the directory that it is in cannot be read
   */
  public static FoundModel at(Path path) throws IOException {
    Path whole = path.toAbsolutePath().normalize();
    List<Path> files = files(whole);
    if (files.stream().noneMatch(Discovery::isModel)) {
      throw new InputException(
          path + " holds no model", "name a GGUF file or a checkpoint directory");
    }
    return look(whole, files);
  }

  private static boolean isModel(Path file) {
    return isGguf(file) || file.endsWith("config.json");
  }

  private static List<Path> files(Path entry) throws IOException {
    if (Files.isRegularFile(entry)) {
      return List.of(entry);
    }
    if (!Files.isDirectory(entry)) {
      return List.of();
    }
    try (Stream<Path> listed = Files.list(entry)) {
      return listed.filter(Files::isRegularFile).toList();
    }
  }

  private static boolean isGguf(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".gguf");
  }

  private static FoundModel look(Path path, List<Path> files) {
    boolean gguf = files.stream().anyMatch(Discovery::isGguf);
    String name = path.getFileName().toString();
    try (StoredModel model = StoredModel.open(path, name)) {
      String format = model.format();
      String method = gguf ? "gguf" : method(format);
      return new FoundModel(
          name,
          path,
          method,
          format,
          model.network().name(),
          model.bytes(),
          model.fileBytes(),
          model.elements(),
          files.size(),
          model.network().decoder().isPresent(),
          Optional.empty());
    } catch (InputException | IOException e) {
      return damaged(path, gguf ? "gguf" : "", files.size(), String.valueOf(e.getMessage()));
    }
  }

  private static FoundModel damaged(Path path, String method, int files, String problem) {
    return new FoundModel(
        path.getFileName().toString(),
        path,
        method,
        "",
        "",
        0,
        0,
        0,
        files,
        false,
        Optional.of(problem));
  }

  /** A checkpoint's format is an element type, or says what quantized it. */
  private static String method(String format) {
    if (format.startsWith("GPTQ")) {
      return "gptq";
    }
    return switch (format) {
      case "F64", "F32", "F16", "BF16" -> "none";
      case "NF4", "FP4", "INT8" -> "bitsandbytes";
      default -> format.toLowerCase(Locale.ROOT);
    };
  }

  /**
   * The model of that name: exactly, else the only one whose name has it as a part.
   *
   * @throws InputException if there is none, or more than one; the message lists them
   */
  public static FoundModel named(String name, List<FoundModel> models) {
    List<FoundModel> matching = models.stream().filter(m -> m.name().equals(name)).toList();
    if (matching.isEmpty()) {
      String part = name.toLowerCase(Locale.ROOT);
      matching =
          models.stream().filter(m -> m.name().toLowerCase(Locale.ROOT).contains(part)).toList();
    }
    if (matching.size() == 1) {
      return matching.getFirst();
    }
    List<FoundModel> listed = matching.isEmpty() ? models : matching;
    throw new InputException(
        matching.isEmpty()
            ? "there is no model " + InputException.quote(name)
            : "%s means one of %d models".formatted(InputException.quote(name), matching.size()),
        listed.isEmpty()
            ? "make one: lqmf quantize MODEL --type Q4_K_M"
            : "name one of " + String.join(", ", listed.stream().map(FoundModel::name).toList()));
  }
}
