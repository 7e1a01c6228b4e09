package dev.lqmf.factory;

import dev.lqmf.quant.mix.TensorChoice;
import dev.lqmf.quant.stream.TensorTarget;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** One output while it is written. Until {@link #publish} nothing of it has its final name. */
final class OutputWriter implements AutoCloseable {
  private final PlannedOutput output;
  private final ResultDirectory directory;
  private final List<GgufWriter> files = new ArrayList<>();
  private final Path partial;

  private OutputWriter(PlannedOutput output, ResultDirectory directory, Path partial) {
    this.output = output;
    this.directory = directory;
    this.partial = partial;
  }

  /**
   * Takes the output's name and creates its files.
   *
   * @throws InputException if another process is making the same output
   */
  static OutputWriter open(PlannedOutput output) throws IOException {
    ResultDirectory directory = ResultDirectory.open(output.directory());
    Path partial = directory.partial();
    OutputWriter writer = new OutputWriter(output, directory, partial);
    try {
      // Somebody may have made a result of this name since it was planned.
      output.inspect();
      directory.create();
      for (SplitLayout.Part part : output.layout().parts()) {
        writer.files.add(
            GgufWriter.create(partial.resolve(part.name()), part.metadata(), part.tensors()));
      }
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  PlannedOutput output() {
    return output;
  }

  /**
   * Where each tensor goes, by its name.
   *
   * @param importance weights of a tensor's columns, if an importance matrix has any
   */
  Map<String, TensorTarget> targets(Function<TensorInfo, List<float[]>> importance) {
    Map<String, TensorTarget> targets = new LinkedHashMap<>();
    for (int p = 0; p < files.size(); p++) {
      SplitLayout.Part part = output.layout().parts().get(p);
      for (int i = 0; i < part.tensors().size(); i++) {
        TensorChoice choice = output.layout().tensors().get(part.firstTensor() + i);
        boolean weighted = choice.converts() && output.layout().imatrix().isPresent();
        targets.put(
            choice.tensor().name(),
            new TensorTarget(
                files.get(p),
                i,
                choice.type(),
                weighted ? importance.apply(choice.tensor()) : List.of()));
      }
    }
    return targets;
  }

  /** Makes everything durable, then gives the directory its name. */
  void publish(Summary summary) throws IOException {
    for (GgufWriter file : files) {
      file.commit();
    }
    write(partial.resolve(ResultDirectory.RECIPE), Json.readable(output.recipe()));
    write(partial.resolve(ResultDirectory.SUMMARY), Json.readable(summary));
    directory.publish();
  }

  /** Writes a small file durably. */
  private static void write(Path file, String text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
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
      for (GgufWriter file : files) {
        file.close();
      }
    }
  }
}
