package dev.lqmf.factory.doctor;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A model under examination: as it is stored, and as something that runs if it is that. */
final class Patient implements AutoCloseable {
  private final Path path;
  private final TensorSource stored;
  private final Optional<ModelFiles> files;
  private final Optional<HfConfig> config;
  private final Optional<StoredModel> model;
  private final @Nullable InputException obstacle;
  private @Nullable Pass pass;

  private Patient(
      Path path,
      TensorSource stored,
      Optional<ModelFiles> files,
      Optional<HfConfig> config,
      Optional<StoredModel> model,
      @Nullable InputException obstacle) {
    this.path = path;
    this.stored = stored;
    this.files = files;
    this.config = config;
    this.model = model;
    this.obstacle = obstacle;
  }

  /**
   * Opens the files.
   *
   * @param path a GGUF file or a directory with {@code config.json}
   * @throws InputException if their structure is damaged
   */
  static Patient open(Path path) throws IOException {
    Optional<ModelFiles> files =
        Files.isDirectory(path) ? Optional.of(new ModelFiles(path)) : Optional.empty();
    TensorSource stored = files.isPresent() ? Checkpoints.open(path) : GgufFile.open(path);
    try {
      Optional<HfConfig> config =
          files.isPresent() ? Optional.of(HfConfig.read(files.get())) : Optional.empty();
      try {
        StoredModel model = StoredModel.open(path, String.valueOf(path.getFileName()));
        return new Patient(path, stored, files, config, Optional.of(model), null);
      } catch (InputException e) {
        return new Patient(path, stored, files, config, Optional.empty(), e);
      }
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  Path path() {
    return path;
  }

  /** The tensors as they are in the file. */
  TensorSource stored() {
    return stored;
  }

  /** The GGUF, if it is one. */
  Optional<GgufFile> gguf() {
    return stored instanceof GgufFile gguf ? Optional.of(gguf) : Optional.empty();
  }

  /** The directory's files, if it is one. */
  Optional<ModelFiles> files() {
    return files;
  }

  /** {@code config.json}, if it is a directory. */
  Optional<HfConfig> config() {
    return config;
  }

  /** {@code quantization_config.quant_method}; empty if there is none. */
  String quantMethod() {
    return config
        .flatMap(c -> c.object("quantization_config"))
        .flatMap(q -> q.string("quant_method"))
        .orElse("");
  }

  /** As something that runs, unless there is an obstacle. */
  Optional<StoredModel> model() {
    return model;
  }

  /** Why it does not run. */
  Optional<InputException> obstacle() {
    return Optional.ofNullable(obstacle);
  }

  /**
   * A pass of the model, run when it is first asked for.
   *
   * @throws InputException as {@link Pass#over}
   */
  Pass pass() throws IOException {
    Pass done = pass;
    if (done == null) {
      done = Pass.over(model.orElseThrow());
      pass = done;
    }
    return done;
  }

  @Override
  public void close() throws IOException {
    try (stored) {
      if (model.isPresent()) {
        model.get().close();
      }
    }
  }
}
