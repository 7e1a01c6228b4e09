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

  /** How many weights its files hold if each takes two bytes, as nearly all published ones do. */
  public long likelyWeights() throws IOException {
    return bytes() / 2;
  }

  private long bytes() throws IOException {
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
