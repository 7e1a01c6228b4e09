package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * An output whose every byte is decided, though none is written.
 *
 * @param directory where it goes
 * @param force make it even if it is there, and replace whatever other result has its name
 */
record PlannedOutput(OutputContents contents, Recipe recipe, Path directory, boolean force) {

  /**
   * Looks at what has the output's name.
   *
   * @return whether nothing needs to be done
   * @throws InputException if something has it that must not be replaced
   */
  boolean inspect() throws IOException {
    return switch (ResultDirectory.inspect(directory, recipe.hash())) {
      case DONE -> !force;
      case ABSENT, DAMAGED -> false;
      case OTHER -> {
        if (!force) {
          throw new InputException(
              directory + " holds a result of another recipe",
              "replace it with --force, or choose another output directory");
        }
        yield false;
      }
      case FOREIGN ->
          throw new InputException(
              directory + " is in the way: it is not a result of LQMF",
              "move it, or choose another output directory");
    };
  }

  /** Bytes of all files; the greatest they can have. */
  long fileBytes() {
    return contents.files().stream().mapToLong(OutputPlan.PlannedFile::bytes).sum();
  }

  /**
   * The plan as people see it.
   *
   * @param done whether nothing needs to be done
   */
  OutputPlan plan(boolean done) {
    return new OutputPlan(
        contents.type(),
        directory,
        contents.files(),
        contents.tensors(),
        recipe.hash(),
        recipe.canonicalJson(),
        done,
        contents.warnings());
  }

  /**
   * What the result directory says about itself.
   *
   * @param written where the files are
   */
  Summary summary(Path written, String kernels, int threads, Duration elapsed) throws IOException {
    OutputReport report = report(written, false);
    List<OutputPlan.PlannedFile> files = new ArrayList<>();
    for (Path file : report.files()) {
      files.add(
          new OutputPlan.PlannedFile(
              String.valueOf(file.getFileName()),
              Files.size(written.resolve(String.valueOf(file.getFileName())))));
    }
    return new Summary(
        report.recipeHash(),
        recipe.model(),
        report.type(),
        files,
        report.elements(),
        report.tensorBytes(),
        report.bitsPerWeight(),
        report.byType(),
        kernels,
        threads,
        elapsed.toMillis() / 1000.0);
  }

  /** The report once it is finished. */
  OutputReport report(boolean reused) throws IOException {
    return report(directory, reused);
  }

  private OutputReport report(Path written, boolean reused) throws IOException {
    long elements = 0;
    long tensorBytes = 0;
    for (TensorPlan tensor : contents.tensors()) {
      elements += tensor.shape().elements();
      tensorBytes += tensor.bytes();
    }
    long fileBytes = 0;
    long modelBytes = 0;
    List<Path> files = new ArrayList<>();
    for (OutputPlan.PlannedFile file : contents.files()) {
      long bytes = Files.size(written.resolve(file.name()));
      fileBytes += bytes;
      modelBytes += file.holdsTensors() ? bytes : 0;
      files.add(directory.resolve(file.name()));
    }
    return new OutputReport(
        contents.type(),
        directory,
        files,
        fileBytes,
        modelBytes,
        elements,
        tensorBytes,
        OutputReport.byType(contents.tensors()),
        recipe.hash(),
        reused);
  }
}
