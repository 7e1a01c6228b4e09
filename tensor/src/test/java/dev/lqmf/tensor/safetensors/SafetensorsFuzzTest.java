package dev.lqmf.tensor.safetensors;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lqmf.tensor.FuzzedFile;
import java.io.IOException;

/**
 * Whatever the bytes of a safetensors file are, opening it gives a source whose tensors can be
 * read, or one clear error. How to run it for long: {@link dev.lqmf.tensor.FuzzedFile}.
 */
class SafetensorsFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void opens(byte[] bytes) throws IOException {
    FuzzedFile.open(bytes, SafetensorsFile::open);
  }
}
