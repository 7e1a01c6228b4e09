package dev.lqmf.factory;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Tells one model from another without reading it whole: a SHA-256 of all metadata, of every
 * tensor's name, type and shape, and of samples of its bytes. Training moves every tensor, so two
 * models that differ show it; a file changed on purpose in a few bytes may not.
 */
final class SourceFingerprint {
  private static final int SAMPLES = 8;
  private static final int SAMPLE_BYTES = 1024;

  private SourceFingerprint() {}

  /**
   * The fingerprint, in hex. The same model has the same one wherever its files are.
   *
   * @param metadata what the model says about itself, in a form that is always the same
   */
  static String of(byte[] metadata, TensorSource tensors) throws IOException {
    MessageDigest sha256 = Hashes.sha256();
    sha256.update(metadata);
    byte[] sample = new byte[SAMPLE_BYTES];
    for (TensorInfo tensor : tensors.tensors()) {
      sha256.update(tensor.toString().getBytes(StandardCharsets.UTF_8));
      TensorType type = tensor.type();
      long blocks = tensor.byteSize() / type.blockBytes();
      long atOnce = Math.min(SAMPLE_BYTES / type.blockBytes(), blocks);
      int bytes = (int) atOnce * type.blockBytes();
      for (int i = 0; i < SAMPLES && blocks > 0; i++) {
        // From the first block to the last, so that small tensors are covered whole.
        long block = (blocks - atOnce) * i / (SAMPLES - 1);
        tensors.read(
            tensor, block * type.blockBytes(), MemorySegment.ofArray(sample).asSlice(0, bytes));
        sha256.update(sample, 0, bytes);
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
