package dev.lqmf.factory.doctor;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** What a GGUF says about itself agrees with what it holds. */
final class GgufMetadataCheck implements Check {
  private static final String FILE_TYPE = "general.file_type";
  private static final String QUANTIZATION_VERSION = "general.quantization_version";

  /** {@code GGML_QNT_VERSION}. */
  private static final int CURRENT_QUANTIZATION = 2;

  @Override
  public String name() {
    return "metadata";
  }

  @Override
  public boolean concerns(Patient patient) {
    return patient.gguf().isPresent();
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    GgufFile gguf = patient.gguf().orElseThrow();
    GgufMetadata metadata = gguf.metadata();
    List<Finding> found = new ArrayList<>();
    String architecture = metadata.string("general.architecture").orElse("");
    if (architecture.isEmpty()) {
      found.add(
          Finding.broken(
              name(), "general.architecture is missing: no program can tell what it is"));
    } else if (metadata.integer(architecture + ".block_count").isEmpty()) {
      found.add(Finding.broken(name(), architecture + ".block_count is missing"));
    }
    fileType(gguf).ifPresent(found::add);
    boolean quantized = gguf.tensors().stream().anyMatch(t -> t.type().isQuantized());
    if (quantized && metadata.integer(QUANTIZATION_VERSION).isEmpty()) {
      found.add(
          Finding.repairable(
              name(),
              QUANTIZATION_VERSION + " is missing, although there are quantized tensors",
              new Mend.GgufKeys(b -> b.putU32(QUANTIZATION_VERSION, CURRENT_QUANTIZATION))));
    }
    if (found.isEmpty()) {
      found.add(
          Finding.ok(
              name(),
              "%s, %d keys, %s"
                  .formatted(
                      architecture,
                      metadata.keys().size(),
                      label(metadata.integer(FILE_TYPE)).map(Enum::name).orElse("no file type"))));
    }
    found.forEach(findings);
  }

  private Optional<Finding> fileType(GgufFile gguf) {
    TensorType most = mostOf(gguf.tensors());
    OptionalLong label = gguf.metadata().integer(FILE_TYPE);
    Optional<GgufFileType> labelled = label(label);
    boolean possible =
        labelled.isPresent()
            && gguf.tensors().stream().anyMatch(t -> t.type() == labelled.get().defaultType());
    if (possible) {
      return Optional.empty();
    }
    if (label.isPresent() && labelled.isEmpty()) {
      return Optional.of(
          Finding.note(
              name(), FILE_TYPE + " is " + label.getAsLong() + ", which LQMF does not know"));
    }
    // llama.cpp guesses the same way when a file does not say.
    List<GgufFileType> candidates =
        Arrays.stream(GgufFileType.values()).filter(t -> t.defaultType() == most).toList();
    String problem =
        label.isEmpty()
            ? FILE_TYPE + " is missing"
            : "%s says %s, but no tensor is %s"
                .formatted(FILE_TYPE, labelled.get(), labelled.get().defaultType());
    if (candidates.isEmpty()) {
      return Optional.of(Finding.note(name(), problem));
    }
    GgufFileType right = GgufFileType.aliases().getOrDefault(most.name(), candidates.getFirst());
    return Optional.of(
        Finding.repairable(
            name(),
            "%s; most weights are %s".formatted(problem, most),
            new Mend.GgufKeys(b -> b.putU32(FILE_TYPE, right.id()))));
  }

  private static Optional<GgufFileType> label(OptionalLong id) {
    return id.isEmpty()
        ? Optional.empty()
        : Arrays.stream(GgufFileType.values()).filter(t -> t.id() == id.getAsLong()).findFirst();
  }

  private static TensorType mostOf(List<TensorInfo> tensors) {
    Map<TensorType, Long> elements = new EnumMap<>(TensorType.class);
    tensors.forEach(t -> elements.merge(t.type(), t.shape().elements(), Long::sum));
    return elements.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .map(Map.Entry::getKey)
        .orElse(TensorType.F32);
  }
}
