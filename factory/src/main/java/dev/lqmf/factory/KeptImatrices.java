package dev.lqmf.factory;

import dev.lqmf.factory.calibration.CalibrationTokens;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Importance matrices that were measured for {@code --calibrate}, kept beside the results, so that
 * nothing is measured twice. A file's name tells what it was measured of.
 *
 * @param directory is made when the first is kept
 */
record KeptImatrices(Path directory) {
  /** Raised whenever the same model and tokens begin to give other values. */
  private static final int REVISION = 1;

  /** Those of an output root. */
  static KeptImatrices in(Path outputRoot) {
    return new KeptImatrices(outputRoot.resolve(".imatrix"));
  }

  /**
   * What was measured before.
   *
   * @param fingerprint of the model
   */
  Optional<MeasuredImatrix> find(String fingerprint, CalibrationTokens tokens, String dataset)
      throws IOException {
    Path file = file(fingerprint, tokens, dataset);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(MeasuredImatrix.readGguf(file));
    } catch (InputException e) {
      // It can be measured again.
      return Optional.empty();
    }
  }

  void keep(String fingerprint, CalibrationTokens tokens, MeasuredImatrix measured)
      throws IOException {
    Files.createDirectories(directory);
    measured.writeGguf(file(fingerprint, tokens, measured.dataset()));
  }

  private Path file(String fingerprint, CalibrationTokens tokens, String dataset) {
    String key = String.join("\n", "" + REVISION, fingerprint, tokens.sha256(), dataset);
    return directory.resolve(Hashes.sha256(key.getBytes(StandardCharsets.UTF_8)) + ".gguf");
  }
}
