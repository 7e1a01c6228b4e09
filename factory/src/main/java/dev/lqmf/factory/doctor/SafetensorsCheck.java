package dev.lqmf.factory.doctor;

import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Transformers refuses a safetensors file that does not name its framework. */
final class SafetensorsCheck implements Check {
  /** The key, and the value that LQMF writes. */
  static final String FORMAT = "format";

  static final String PYTORCH = "pt";

  @Override
  public String name() {
    return "files";
  }

  @Override
  public boolean concerns(Patient patient) {
    return patient.files().isPresent();
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    TensorSource stored = patient.stored();
    List<String> files =
        stored.tensors().stream()
            .map(tensor -> String.valueOf(Path.of(stored.file(tensor)).getFileName()))
            .distinct()
            .toList();
    boolean fine = true;
    for (String name : files) {
      if (!name.endsWith(".safetensors")) {
        continue;
      }
      try (SafetensorsFile opened = SafetensorsFile.open(patient.path().resolve(name))) {
        if (!opened.fileMetadata().containsKey(FORMAT)) {
          fine = false;
          findings.accept(
              Finding.repairable(
                  name(),
                  name + " has no format in its metadata, so that Transformers does not load it",
                  new Mend.SafetensorsFormat(name)));
        }
      }
    }
    if (fine) {
      findings.accept(
          Finding.ok(
              name(),
              "%d with weights, %d tensors"
                  .formatted(files.size(), patient.stored().tensors().size())));
    }
  }
}
