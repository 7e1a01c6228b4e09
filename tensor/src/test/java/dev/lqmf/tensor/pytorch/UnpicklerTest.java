package dev.lqmf.tensor.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.pytorch.Pickled.Dict;
import dev.lqmf.tensor.pytorch.Pickled.Int;
import dev.lqmf.tensor.pytorch.Pickled.Sequence;
import dev.lqmf.tensor.pytorch.Pickled.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles written as Latin-1 text, one character for a byte. */
class UnpicklerTest {
  private static final String STORAGE =
      "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0kX\3\0\0\0cpuK\4tQ";
  private static final String REBUILD = "ctorch._utils\n_rebuild_tensor_v2\n(";

  @TempDir Path directory;

  @Test
  void readsPlainObjects() throws IOException {
    assertThat(load("\u0080\2K\7.")).isEqualTo(new Int(7));
    assertThat(load("\u0080\2J\u00fe\u00ff\u00ff\u00ff.")).isEqualTo(new Int(-2));
    assertThat(load("\u0080\2\u008a\2\0\u0080.")).isEqualTo(new Int(-32768));
    assertThat(load("\u0080\2\u008a\0.")).isEqualTo(new Int(0));
    assertThat(load("\u0080\4\u0095\4\0\0\0\0\0\0\0\u008c\2ab.")).isEqualTo(new Text("ab"));
    assertThat(((Sequence) load("K\1K\2\u0086.")).items).containsExactly(new Int(1), new Int(2));
    assertThat(((Sequence) load("](K\1K\2e.")).items).containsExactly(new Int(1), new Int(2));
    assertThat(((Dict) load("}U\1aK\1s.")).entries).containsEntry(new Text("a"), new Int(1));
    assertThat(((Sequence) load("K\5q\0h\0\u0086.")).items).hasSize(2);
    assertThat(((Sequence) load("\u008c\1x\u0094h\0\u0086.")).items).hasSize(2);
  }

  @Test
  void canHoldAnObjectInItself() throws IOException {
    var list = (Sequence) load("]q\0h\0a.");
    assertThat(list.items.getFirst()).isSameAs(list);
  }

  @Test
  void rebuildsATensor() throws IOException {
    var tensor = (Pickled.Tensor) load(REBUILD + STORAGE + "K\1K\3\u0085K\1\u0085\u0089)Nt" + "R.");
    assertThat(tensor.type()).isEqualTo(TensorType.F32);
    assertThat(tensor.offset()).isEqualTo(1);
    assertThat(tensor.shape()).containsExactly(3);
    assertThat(tensor.storage().key()).isEqualTo("k");
    assertThat(tensor.storage().elements()).isEqualTo(4);
  }

  static Stream<Arguments> hostile() {
    return Stream.of(
        arguments("", "ends at byte 0"),
        arguments("\u0080\1.", "protocol 1"),
        arguments("\u0080\6.", "protocol 6"),
        arguments(".", "takes an object"),
        arguments("K\1K\1.", "objects left over"),
        arguments("I1\n.", "opcode 0x49"),
        arguments("(ios\nsystem\n.", "opcode 0x69"),
        arguments("Pid\n.", "opcode 0x50"),
        arguments("\u0082\1.", "opcode 0x82"),
        arguments("X\u00ff\u00ff\u00ff\u007fab.", "claims 2147483647 bytes"),
        arguments("\u008d\0\0\0\0\0\0\0\u0080.", "claims 9223372036854775808 bytes"),
        arguments("\u008b\u00ff\u00ff\u00ff\u00ff.", "integer of 4294967295 bytes"),
        arguments("\u008b\0\0\1\0.", "integer of 65536 bytes"),
        arguments("U\1\u00ff.", "not valid UTF-8"),
        arguments("h\7.", "recalls the object 7"),
        arguments("t.", "where none were begun"),
        arguments("K\1(0.", "takes an object where there is none"),
        arguments("K\1\u0086.", "takes an object where there is none"),
        arguments("K\1K\2a.", "no list"),
        arguments(")K\2a.", "no list"),
        arguments("K\1K\2K\3s.", "no dictionary"),
        arguments("}(K\1u.", "a key without a value"),
        arguments("}]K\1s.", "dictionary key"),
        arguments("K\1)R.", "cannot be called"),
        arguments("ctorch\nFloatStorage\n)R.", "cannot be called"),
        arguments("ccollections\nOrderedDict\nK\1R.", "cannot be called"),
        arguments("ccollections\nOrderedDict\n]\u0085R.", "OrderedDict in an unknown way"),
        arguments("K\1Q.", "storage in an unknown way"),
        arguments(STORAGE.replace("K\4", "J\u00ff\u00ff\u00ff\u00ff") + ".", "unknown way"),
        arguments(REBUILD + "tR.", "without a storage"),
        arguments(REBUILD + STORAGE + "K\0)t" + "R.", "too few arguments"),
        arguments(REBUILD + STORAGE + "NK\3\u0085K\1\u0085\u0089)t" + "R.", "without an offset"),
        arguments(REBUILD + STORAGE + "K\0K\3\u0085)\u0089)t" + "R.", "different lengths"),
        arguments(REBUILD + STORAGE + "K\0K\3K\1\u0085\u0089)t" + "R.", "without a sequence"),
        arguments(
            REBUILD + STORAGE + "K\0J\u00ff\u00ff\u00ff\u00ff\u0085K\1\u0085\u0089)t" + "R.",
            "no size"),
        arguments("ctorch._utils\n_rebuild_parameter\n)R.", "without a tensor"),
        arguments("c" + "m".repeat(2000) + "\nn\n.", "a name of more than"),
        arguments("K\1K\2\u0093.", "a name that is no text"),
        arguments("(".repeat(100_001), "more than 100000 objects waiting"),
        arguments("N".repeat(100_001), "more than 100000 objects waiting"),
        arguments("N0".repeat(4_000_001), "more than 4000000 objects"));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void refusesWithOneClearError(String pickle, String message) {
    assertThatThrownBy(() -> load(pickle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("pickle")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os.system",
        "posix.system",
        "builtins.eval",
        "builtins.getattr",
        "torch.load",
        "torch._utils._rebuild_sparse_tensor",
        "numpy.core.multiarray._reconstruct"
      })
  void refusesEveryOtherName(String name) {
    int dot = name.lastIndexOf('.');
    String module = name.substring(0, dot);
    String function = name.substring(dot + 1);
    for (String pickle :
        new String[] {
          "c" + module + "\n" + function + "\nU\2ls\u0085R.",
          "U"
              + (char) module.length()
              + module
              + "U"
              + (char) function.length()
              + function
              + "\u0093U\2ls\u0085R."
        }) {
      assertThatThrownBy(() -> load(pickle))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("uses '" + name + "', which is not among the calls");
    }
  }

  private Pickled load(String pickle) throws IOException {
    Path path = directory.resolve("pickle");
    Files.write(path, pickle.getBytes(StandardCharsets.ISO_8859_1));
    try (ReadableFile file = ReadableFile.open(path)) {
      return new Unpickler(new PickleInput(file, 0, file.size())).load();
    }
  }
}
