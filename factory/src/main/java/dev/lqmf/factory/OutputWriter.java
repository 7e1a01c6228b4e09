package dev.lqmf.factory;

import dev.lqmf.tensor.TensorSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One output while it is written. Until {@link #publish} nothing of it has its final name. */
final class OutputWriter implements AutoCloseable {
  private final PlannedOutput output;
  private final ResultDirectory directory;
  private final List<TensorSink> files = new ArrayList<>();
  private final Path partial;

  private OutputWriter(PlannedOutput output, ResultDirectory directory, Path partial) {
    this.output = output;
    this.directory = directory;
    this.partial = partial;
  }

  /**
   * Takes the output's name and creates its files.
   *
   * @throws dev.lqmf.tensor.InputException if another process is making the same output
   */
  static OutputWriter open(PlannedOutput output) throws IOException {
    ResultDirectory directory = ResultDirectory.open(output.directory());
    Path partial = directory.partial();
    OutputWriter writer = new OutputWriter(output, directory, partial);
    try {
      // Somebody may have made a result of this name since it was planned.
      output.inspect();
      directory.create();
      output.contents().createTensorFiles(partial, writer.files);
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  PlannedOutput output() {
    return output;
  }

  /** The files with tensors, in the order of the output's contents. */
  List<TensorSink> files() {
    return files;
  }

  /**
   * Where a method keeps what the next run need not do again if this one does not finish. What is
   * there already comes from runs of the same recipe.
   */
  Path kept() throws IOException {
    return directory.kept(output.recipe().hash());
  }

  /** Makes everything durable, then gives the directory its name. */
  void publish(String kernels, int threads, Duration elapsed) throws IOException {
    for (TensorSink file : files) {
      file.commit();
    }
    for (OutputContents.SmallFile file : output.contents().smallFiles()) {
      write(partial.resolve(file.name()), file.bytes());
    }
    write(partial.resolve(ResultDirectory.RECIPE), utf8(Json.readable(output.recipe())));
    Summary summary = output.summary(partial, kernels, threads, elapsed);
    write(partial.resolve(ResultDirectory.SUMMARY), utf8(Json.readable(summary)));
    directory.publish();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Writes a small file durably. */
  private static void write(Path file, byte[] contents) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(contents);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Removes what has not been published. */
  @Override
  public void close() throws IOException {
    try (directory) {
      for (TensorSink file : files) {
        file.close();
      }
    }
  }
}
