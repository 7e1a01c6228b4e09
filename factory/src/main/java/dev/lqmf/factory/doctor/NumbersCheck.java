package dev.lqmf.factory.doctor;

import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.torch.stored.BlockWeights;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** All numbers are finite: weights, and the scales of what is quantized. */
final class NumbersCheck implements Check {
  private static final String SCALES = ".absmax";

  @Override
  public String name() {
    return "numbers";
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    long elements = 0;
    boolean fine = true;
    Set<String> packed = packed(patient);
    for (TensorInfo tensor : patient.stored().tensors()) {
      Optional<Weights> floats = floats(patient, tensor, packed);
      if (floats.isEmpty()) {
        continue;
      }
      elements += tensor.shape().elements();
      OptionalLong at = Pieces.firstNotFinite(floats.get());
      if (at.isPresent()) {
        fine = false;
        findings.accept(
            Finding.broken(
                name(),
                "tensor %s (%s) has %s at element %d"
                    .formatted(
                        tensor.name(),
                        tensor.type(),
                        tensor.type().isQuantized()
                            ? "a scale that is not finite"
                            : "a number that is not finite",
                        at.getAsLong())));
      }
    }
    if (fine) {
      findings.accept(Finding.ok(name(), "%,d numbers, all finite".formatted(elements)));
    }
  }

  /** Names of the weights that bitsandbytes packed: each has its scales beside it. */
  private static Set<String> packed(Patient patient) {
    return patient.stored().tensors().stream()
        .map(TensorInfo::name)
        .filter(name -> name.endsWith(SCALES))
        .map(name -> name.substring(0, name.length() - SCALES.length()))
        .collect(Collectors.toSet());
  }

  /** The tensor's values; empty if they are codes or indices, of which every one is a number. */
  private static Optional<Weights> floats(Patient patient, TensorInfo tensor, Set<String> packed) {
    if (tensor.type().isQuantized()) {
      return Optional.of(BlockWeights.of(patient.stored(), tensor));
    }
    // With --quant-storage bf16, bitsandbytes labels two bytes of codes as a bfloat16.
    if (packed.contains(tensor.name())) {
      return Optional.empty();
    }
    boolean real =
        switch (tensor.type()) {
          case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
          default -> false;
        };
    Weights weights = new StoredWeights(patient.stored(), tensor);
    return real
        ? Optional.of(tensor.type() == TensorType.F32 ? weights : Float32Weights.of(weights))
        : Optional.empty();
  }
}
