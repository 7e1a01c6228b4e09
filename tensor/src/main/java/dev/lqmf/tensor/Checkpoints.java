package dev.lqmf.tensor;

import dev.lqmf.tensor.pytorch.PytorchFile;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the weights in a model directory as the Hugging Face Hub lays it out. */
public final class Checkpoints {
  /** One way of storing a checkpoint, in one file or in several with an index. */
  private record Form(String file, Opener opener) {
    String index() {
      return file + ".index.json";
    }
  }

  @FunctionalInterface
  interface Opener {
    TensorSource open(Path file) throws IOException;
  }

  /** In order of preference: safetensors cannot run code, and opens faster. */
  private static final List<Form> FORMS =
      List.of(
          new Form("model.safetensors", SafetensorsFile::open),
          new Form("pytorch_model.bin", PytorchFile::open));

  /** Files of a directory that a message shows. */
  private static final int SHOWN = 20;

  private Checkpoints() {}

  /**
   * Opens the weights of a model directory: {@code model.safetensors}, or the shards that {@code
   * model.safetensors.index.json} lists, or the same of {@code pytorch_model.bin}.
   *
   * @throws InputException if the directory holds none of them, or one that is damaged
   */
  public static TensorSource open(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new InputException(directory + " is not a directory", "name a model directory");
    }
    for (Form form : FORMS) {
      Path single = directory.resolve(form.file());
      if (Files.isRegularFile(single)) {
        return form.opener().open(single);
      }
      Path index = directory.resolve(form.index());
      if (Files.isRegularFile(index)) {
        return ShardedCheckpoint.open(index, form.opener());
      }
    }
    throw new InputException(
        "%s holds no weights: looked for %s; found %s"
            .formatted(
                directory,
                FORMS.stream()
                    .flatMap(f -> Stream.of(f.file(), f.index()))
                    .collect(Collectors.joining(", ")),
                listing(directory)),
        "name a directory with one of these, as the Hugging Face Hub has it");
  }

  private static String listing(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> names = files.map(f -> String.valueOf(f.getFileName())).sorted().toList();
      if (names.isEmpty()) {
        return "nothing";
      }
      String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
      return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
    }
  }
}
