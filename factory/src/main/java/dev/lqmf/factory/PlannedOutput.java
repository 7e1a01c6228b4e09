package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An output whose every byte is decided, though none is written.
 *
 * @param directory where it goes
 * @param done whether it is there already
 */
record PlannedOutput(OutputLayout layout, Recipe recipe, Path directory, boolean done) {

  /**
   * Decides an output, and looks whether it is there.
   *
   * @throws InputException if something else is in its place
   */
  static PlannedOutput of(OutputLayout layout, Recipe recipe, QuantizeRequest request)
      throws IOException {
    Path directory = request.outputRoot().resolve(recipe.model() + "_gguf_" + layout.type().name());
    boolean done = !request.force() && ResultDirectory.find(directory, recipe.hash()).isPresent();
    if (!done) {
      ResultDirectory.checkReplaceable(directory, request.force());
    }
    return new PlannedOutput(layout, recipe, directory, done);
  }

  long fileBytes() {
    return layout.parts().stream().mapToLong(SplitLayout.Part::bytes).sum();
  }

  OutputPlan forPeople() {
    return new OutputPlan(
        layout.type(),
        directory,
        layout.parts().stream().map(p -> new OutputPlan.PlannedFile(p.name(), p.bytes())).toList(),
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

  /** The report once it is finished. */
  OutputReport report(boolean reused) {
    long elements = 0;
    long tensorBytes = 0;
    SortedMap<TensorType, OutputReport.TypeTotal> byType = new TreeMap<>();
    for (TensorPlan tensor : forPeople().tensors()) {
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
