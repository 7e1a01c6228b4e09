package dev.lqmf.factory;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a model is.
 *
 * @param path a directory or a file
 * @param name what the model is called
 * @param onDisk whether the user named the path; otherwise the model comes from the hub
 */
public record ModelLocation(Path path, String name, boolean onDisk) {

  /** Bytes of the file, or of the files in the directory: no fewer than the model has weights. */
  public long bytes() throws IOException {
    if (!Files.isDirectory(path)) {
      return Files.size(path);
    }
    long sum = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path, Files::isRegularFile)) {
      for (Path file : files) {
        sum += Files.size(file);
      }
    }
    return sum;
  }
}
