package dev.lqmf.factory;

import dev.lqmf.model.config.HfConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a checkpoint beside its weights that its quantized form needs as well. */
final class CheckpointFiles {
  /** Tokenizers, generation settings, chat templates, code, terms. */
  private static final Pattern KEPT =
      Pattern.compile(
          ".*\\.(json|model|txt|jinja|py|tiktoken|spm|vocab)|(LICENSE|NOTICE|USE_POLICY).*",
          Pattern.CASE_INSENSITIVE);

  /** What speaks of the weights as they were, or is made anew. */
  private static final Set<String> OWN =
      Set.of(
          "config.json",
          "quantize_config.json",
          "eval.json",
          ResultDirectory.RECIPE,
          ResultDirectory.SUMMARY);

  private CheckpointFiles() {}

  /** A file as it is in the checkpoint. */
  record Kept(String name, Path path) implements OutputContents.SmallFile {
    @Override
    public byte[] bytes() throws IOException {
      return Files.readAllBytes(path);
    }
  }

  /** Those of a checkpoint directory, by name. */
  static List<Kept> of(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(f -> new Kept(String.valueOf(f.getFileName()), f))
          .filter(f -> KEPT.matcher(f.name()).matches())
          .filter(f -> !OWN.contains(f.name()) && !f.name().endsWith(".index.json"))
          .sorted((a, b) -> a.name().compareTo(b.name()))
          .toList();
    }
  }

  /** All that decides an output beside the weights: the configuration, and the files it keeps. */
  static byte[] about(HfConfig config, List<Kept> kept) throws IOException {
    var about = new ByteArrayOutputStream();
    about.writeBytes(Files.readAllBytes(config.file()));
    for (Kept file : kept) {
      about.writeBytes(file.name().getBytes(StandardCharsets.UTF_8));
      about.writeBytes(Hashes.sha256(file.bytes()).getBytes(StandardCharsets.UTF_8));
    }
    return about.toByteArray();
  }
}
