package dev.lqmf.tensor.pytorch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lqmf.tensor.FuzzedFile;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;

/**
 * Whatever the bytes of a {@code pytorch_model.bin} are, opening it gives a source whose tensors
 * can be read, or one clear error. How to run it for long: {@link dev.lqmf.tensor.FuzzedFile}.
 */
class PytorchFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void opens(byte[] bytes) throws IOException {
    FuzzedFile.open(bytes, PytorchFile::open);
  }

  /** The pickle alone, which the archive around it hides from the fuzzer. */
  @FuzzTest(maxDuration = "10m")
  void unpickles(byte[] bytes) throws IOException {
    try (ReadableFile file = ReadableFile.open(FuzzedFile.of(bytes))) {
      Pickled root = new Unpickler(new PickleInput(file, 0, file.size())).load();
      StateDict.tensors(file, root, storage -> new StoredZip.Range(0, file.size()));
    } catch (InputException e) {
      FuzzedFile.requireClear(e);
    }
  }
}
