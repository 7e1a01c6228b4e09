package dev.lqmf.tensor.gguf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lqmf.tensor.FuzzedFile;
import java.io.IOException;

/**
 * Whatever the bytes of a GGUF file are, opening it gives a source whose tensors can be read, or
 * one clear error. How to run it for long: {@link dev.lqmf.tensor.FuzzedFile}.
 */
class GgufFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void opens(byte[] bytes) throws IOException {
    FuzzedFile.open(
        bytes,
        path -> {
          GgufFile file = GgufFile.open(path);
          for (GgufValue value : file.metadata().values().values()) {
            if (value instanceof GgufArray array && array.size() > 0) {
              array.get(array.size() - 1);
            }
          }
          return file;
        });
  }
}
