package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An output whose every byte is decided, though none is written.
 *
 * @param directory where it goes
 * @param force make it even if it is there, and replace whatever other result has its name
 */
record PlannedOutput(OutputLayout layout, Recipe recipe, Path directory, boolean force) {

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

  long fileBytes() {
    return layout.parts().stream().mapToLong(SplitLayout.Part::bytes).sum();
  }

  /**
   * The plan as people see it.
   *
   * @param done whether nothing needs to be done
   */
  OutputPlan plan(boolean done) {
    return new OutputPlan(
        layout.type(),
        directory,
        files(),
        layout.tensors().stream()
            .map(
                c ->
                    new TensorPlan(
                        c.tensor().name(), c.tensor().shape(), c.tensor().type(), c.type()))
            .toList(),
        recipe.hash(),
        done,
        layout.warnings());
  }

  private List<OutputPlan.PlannedFile> files() {
    return layout.parts().stream()
        .map(p -> new OutputPlan.PlannedFile(p.name(), p.bytes()))
        .toList();
  }

  /** What the result directory says about itself. */
  Summary summary(String kernels, int threads, Duration elapsed) {
    OutputReport report = report(false);
    return new Summary(
        report.recipeHash(),
        recipe.model(),
        report.type(),
        files(),
        report.elements(),
        report.tensorBytes(),
        report.bitsPerWeight(),
        report.byType(),
        kernels,
        threads,
        elapsed.toMillis() / 1000.0);
  }

  /** The report once it is finished. */
  OutputReport report(boolean reused) {
    long elements = 0;
    long tensorBytes = 0;
    SortedMap<TensorType, OutputReport.TypeTotal> byType = new TreeMap<>();
    for (TensorPlan tensor : plan(reused).tensors()) {
      elements += tensor.shape().elements();
      tensorBytes += tensor.bytes();
      byType.merge(
          tensor.to(),
          new OutputReport.TypeTotal(1, tensor.shape().elements(), tensor.bytes()),
          OutputReport.TypeTotal::plus);
    }
    return new OutputReport(
        layout.type(),
        directory,
        layout.parts().stream().map(p -> directory.resolve(p.name())).toList(),
        fileBytes(),
        elements,
        tensorBytes,
        byType,
        recipe.hash(),
        reused);
  }
}
