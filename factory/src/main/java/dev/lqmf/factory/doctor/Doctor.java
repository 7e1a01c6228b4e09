package dev.lqmf.factory.doctor;

import dev.lqmf.factory.doctor.Comparison.TensorError;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Examines finished models. */
public final class Doctor {
  private static final List<Check> CHECKS =
      List.of(
          new SafetensorsCheck(),
          new GgufMetadataCheck(),
          new GptqCheck(),
          new NumbersCheck(),
          new ModelCheck(),
          new TokenizerCheck(),
          new ChatTemplateCheck(),
          new ResultCheck());

  private Doctor() {}

  /**
   * Examines a model. A damaged one is no error, but a diagnosis.
   *
   * @param path a GGUF file, or a directory with {@code config.json}
   * @param against a model to compare the tensors with
   * @param progress told what is looked at
   * @throws InputException if {@code against} cannot be opened, or has another architecture
   * @throws IOException if a file cannot be read
   */
  public static Diagnosis examine(Path path, Optional<Path> against, Consumer<String> progress)
      throws IOException {
    List<Finding> findings = new ArrayList<>();
    Patient opened;
    try {
      opened = Patient.open(path);
    } catch (InputException e) {
      findings.add(Finding.broken("structure", e));
      return new Diagnosis(path, "", 0, findings, Optional.empty());
    }
    try (Patient patient = opened) {
      for (Check check : CHECKS) {
        if (check.concerns(patient)) {
          progress.accept(check.name());
          check.run(patient, findings::add);
        }
      }
      Optional<Comparison> comparison = Optional.empty();
      if (against.isPresent()) {
        progress.accept("comparison");
        comparison = Optional.of(compare(patient, against.get()));
      }
      return new Diagnosis(
          path,
          patient.model().map(StoredModel::format).orElse(patient.quantMethod()),
          patient.stored().tensors().stream().mapToLong(TensorInfo::byteSize).sum(),
          findings,
          comparison);
    }
  }

  private static Comparison compare(Patient patient, Path against) throws IOException {
    StoredModel model =
        patient
            .model()
            .orElseThrow(
                () ->
                    new InputException(
                        "%s cannot be compared: %s"
                            .formatted(
                                patient.path(), patient.obstacle().orElseThrow().getMessage()),
                        "compare models that LQMF can run"));
    try (StoredModel original = StoredModel.open(against, String.valueOf(against.getFileName()))) {
      List<TensorError> errors = new ArrayList<>();
      List<String> missing = new ArrayList<>();
      for (String name : patient.pass().tensors()) {
        Optional<Weights> theirs = original.weights().find(name);
        if (theirs.isEmpty()) {
          missing.add(name);
        } else {
          errors.add(error(name, model.weights(), theirs.get(), against));
        }
      }
      if (errors.isEmpty()) {
        throw new InputException(
            "%s has none of the tensors of %s".formatted(against, patient.path()),
            "compare with the model that this one was made of");
      }
      return Comparison.of(against.toString(), errors, missing);
    }
  }

  private static TensorError error(String name, ModuleWeights mine, Weights theirs, Path against)
      throws IOException {
    Weights own = mine.find(name).orElseThrow();
    long elements = own.shape().elements();
    if (elements != theirs.shape().elements()) {
      throw new InputException(
          "%s is %s here, but %s in %s".formatted(name, own.shape(), theirs.shape(), against),
          "compare with the model that this one was made of");
    }
    return new TensorError(
        name, elements, Pieces.relativeError(Float32Weights.of(own), Float32Weights.of(theirs)));
  }
}
