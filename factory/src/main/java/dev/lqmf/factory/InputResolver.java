package dev.lqmf.factory;

import dev.lqmf.hub.DownloadListener;
import dev.lqmf.hub.DownloadProgress;
import dev.lqmf.hub.ModelId;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Finds the model that a user means: what is on disk, else what the hub has. */
public final class InputResolver {
  /** Nobody names a model on the hub like this. */
  private static final Pattern PATH =
      Pattern.compile(
          "[./~\\\\].*|[A-Za-z]:[/\\\\].*|.*\\.(gguf|safetensors|bin|pth?)|.*/|[^:]*/[^:]*/[^:]*");

  private final ModelDownload download;
  private final Consumer<JobEvent> listener;

  /**
   * A resolver.
   *
   * @param listener is told about downloads
   */
  public InputResolver(ModelDownload download, Consumer<JobEvent> listener) {
    this.download = download;
    this.listener = listener;
  }

  /**
   * Finds a model, downloading it if need be.
   *
   * @throws InputException if there is neither such a file nor such a model on the hub
   */
  public ModelLocation locate(String input) throws IOException {
    if (Files.exists(path(input))) {
      Path path = path(input);
      Path name = path.toAbsolutePath().normalize().getFileName();
      return new ModelLocation(path, name == null ? "model" : name.toString(), true);
    }
    if (PATH.matcher(input).matches()) {
      throw new InputException(
          input + " does not exist",
          "name a checkpoint directory, a GGUF file or a model on the hub, org/name");
    }
    ModelId model = ModelId.parse(input);
    String repository = model.repository();
    try {
      Path snapshot = download.snapshot(model, new Events());
      return new ModelLocation(snapshot, repository.substring(repository.indexOf('/') + 1), false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }

  private static Path path(String input) {
    try {
      return Path.of(input);
    } catch (InvalidPathException e) {
      throw new InputException(
          "'" + input + "' is not a path: " + e.getReason(), "name a directory or a file", e);
    }
  }

  /** What the hub tells becomes events of the job. */
  private final class Events implements DownloadListener {
    @Override
    public void beginning(long bytes, long weightBytes, Path directory) {
      listener.accept(new JobEvent.Fetching(bytes, weightBytes, directory));
    }

    @Override
    public void progressed(DownloadProgress p) {
      listener.accept(new JobEvent.Downloading(p.file(), p.fileDone(), p.fileTotal()));
    }

    @Override
    public void retrying(String reason, Duration wait) {
      listener.accept(new JobEvent.Notice(reason + "; trying again in " + wait.toSeconds() + " s"));
    }

    @Override
    public void waiting(String file) {
      listener.accept(new JobEvent.Notice("another process is downloading " + file));
    }

    @Override
    public void usingCache(Path snapshot, String reason) {
      listener.accept(new JobEvent.Notice(reason + "; using " + snapshot));
    }
  }
}
