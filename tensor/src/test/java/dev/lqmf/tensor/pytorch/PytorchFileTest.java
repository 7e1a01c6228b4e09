package dev.lqmf.tensor.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.Fixtures;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Mutations;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PytorchFileTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"tensors.bin, 27", "tensors-legacy.bin, 22"})
  void readsWhatSafetensorsHolds(String name, int count) throws IOException {
    try (PytorchFile file = PytorchFile.open(Fixtures.path("pytorch/" + name));
        SafetensorsFile expected =
            SafetensorsFile.open(Fixtures.path("pytorch/expected.safetensors"))) {
      assertThat(file.tensors()).hasSize(count);
      for (TensorInfo tensor : file.tensors()) {
        assertThat(tensor).isEqualTo(Fixtures.tensor(expected, tensor.name()));
        assertThat(Fixtures.bytes(file, tensor))
            .as(tensor.name())
            .isEqualTo(Fixtures.bytes(expected, tensor));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "view.rows",
        "view.transposed",
        "view.block",
        "view.steps",
        "view.permuted",
        "view.expanded",
        "view.half_transposed"
      })
  void readsAnyPartOfAView(String name) throws IOException {
    try (PytorchFile file = PytorchFile.open(Fixtures.path("pytorch/tensors.bin"))) {
      TensorInfo tensor = Fixtures.tensor(file, name);
      byte[] whole = Fixtures.bytes(file, tensor);
      int element = tensor.type().blockBytes();
      for (int from = 0; from <= whole.length; from += 101 * element) {
        for (int length = element; from + length <= whole.length; length += 397 * element) {
          byte[] part = new byte[length];
          file.read(tensor, from, MemorySegment.ofArray(part));
          assertThat(part).isEqualTo(Arrays.copyOfRange(whole, from, from + length));
        }
      }
    }
  }

  @Test
  void guardsRanges() throws IOException {
    try (PytorchFile file = PytorchFile.open(Fixtures.path("pytorch/tensors.bin"))) {
      TensorInfo view = Fixtures.tensor(file, "view.transposed");
      assertThatThrownBy(() -> file.read(view, 2, MemorySegment.ofArray(new byte[4])))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> file.read(view, view.byteSize(), MemorySegment.ofArray(new byte[4])))
          .isInstanceOf(IndexOutOfBoundsException.class);
      var other = new TensorInfo("other", view.type(), view.shape());
      assertThatThrownBy(() -> file.read(other, 0, MemorySegment.ofArray(new byte[4])))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void findsTheTensorsOfATrainingCheckpoint() throws IOException {
    try (PytorchFile file = PytorchFile.open(Fixtures.path("pytorch/nested.bin"))) {
      assertThat(file.tensors())
          .extracting(TensorInfo::name)
          .startsWith("0.weight", "0.bias")
          .endsWith("1.num_batches_tracked");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ambiguous.bin, 'several dictionaries of tensors: state_dict, model'",
    "namespace.bin, 'uses ''argparse.Namespace'', which is not among the calls'"
  })
  void refuses(String name, String message) {
    assertThatThrownBy(() -> PytorchFile.open(Fixtures.path("pytorch/" + name)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(name + " ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesOtherFiles() throws IOException {
    Path other = Files.writeString(directory.resolve("other.bin"), "GGUF and more");
    assertThatThrownBy(() -> PytorchFile.open(other))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is no file of torch.save");
    Path zip = directory.resolve("zip.bin");
    try (var out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry("readme"));
    }
    assertThatThrownBy(() -> PytorchFile.open(zip))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("0 entries data.pkl instead of one");
  }

  @Test
  void refusesACompressedArchive() throws IOException {
    Path file = rewrite(ZipEntry.DEFLATED, n -> n);
    assertThatThrownBy(() -> PytorchFile.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("compressed or encrypted");
  }

  @Test
  void namesAMissingStorage() throws IOException {
    Path file = rewrite(ZipEntry.STORED, n -> n.replace("data/0", "data/zero"));
    assertThatThrownBy(() -> PytorchFile.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no entry for the storage '0'");
  }

  @Test
  void readsAnArchiveThatAnotherProgramStored() throws IOException {
    try (PytorchFile file = PytorchFile.open(rewrite(ZipEntry.STORED, n -> n));
        PytorchFile original = PytorchFile.open(Fixtures.path("pytorch/nested.bin"))) {
      assertThat(file.tensors()).isEqualTo(original.tensors());
      TensorInfo first = file.tensors().getFirst();
      assertThat(Fixtures.bytes(file, first)).isEqualTo(Fixtures.bytes(original, first));
    }
  }

  @Test
  void survivesSmallDamage() throws IOException {
    byte[] zip = Files.readAllBytes(Fixtures.path("pytorch/nested.bin"));
    Mutations.openAll(zip, PytorchFile::open);
    byte[] legacy = Files.readAllBytes(Fixtures.path("pytorch/state-legacy.bin"));
    Mutations.openAll(legacy, PytorchFile::open);
  }

  /** nested.bin, its entries stored or compressed anew under names of the test's choice. */
  private Path rewrite(int method, UnaryOperator<String> rename) throws IOException {
    Path target = directory.resolve("rewritten.bin");
    try (var in = new ZipFile(Fixtures.path("pytorch/nested.bin").toFile());
        OutputStream file = Files.newOutputStream(target);
        var out = new ZipOutputStream(file)) {
      out.setMethod(method);
      for (Enumeration<? extends ZipEntry> all = in.entries(); all.hasMoreElements(); ) {
        ZipEntry from = all.nextElement();
        var content = new ByteArrayOutputStream();
        in.getInputStream(from).transferTo(content);
        var to = new ZipEntry(rename.apply(from.getName()));
        if (method == ZipEntry.STORED) {
          var crc = new CRC32();
          crc.update(content.toByteArray());
          to.setCrc(crc.getValue());
          to.setSize(content.size());
        }
        out.putNextEntry(to);
        content.writeTo(out);
      }
    }
    return target;
  }
}
