package dev.lqmf.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That pieces are right is part of the comparison with the converter. */
class SentencePieceModelTest {
  private static final Path MODEL =
      Path.of("src/test/resources/dev/lqmf/model/golden/MistralForCausalLM/tokenizer.model");

  @TempDir private Path temporary;

  private SentencePieceModel read(byte[] bytes) throws IOException {
    return SentencePieceModel.read(Files.write(temporary.resolve("tokenizer.model"), bytes));
  }

  @Test
  void readsKinds() throws IOException {
    var pieces = SentencePieceModel.read(MODEL).pieces();
    assertThat(pieces.get(0).type()).isEqualTo(TokenType.UNKNOWN);
    assertThat(pieces.get(1)).isEqualTo(new SentencePieceModel.Piece("<s>", 0, TokenType.CONTROL));
    assertThat(pieces.get(3).text()).isEqualTo("<0x00>");
    assertThat(pieces.get(3).type()).isEqualTo(TokenType.BYTE);
  }

  @Test
  void refusesWhatIsNoModel() {
    for (byte[] bytes :
        new byte[][] {{}, {0}, "a text".getBytes(), {10, 127}, {10, 2, 24, 9}, {(byte) 0xFF}}) {
      assertThatThrownBy(() -> read(bytes))
          .as(Arrays.toString(bytes))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("tokenizer.model");
    }
  }

  @Test
  void survivesDamage() throws IOException {
    byte[] model = Files.readAllBytes(MODEL);
    Random random = new Random(20260928);
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] damaged = Arrays.copyOf(model, 1 + random.nextInt(model.length));
      for (int j = 0; j < 5; j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(read(damaged).pieces()).isNotEmpty();
      } catch (InputException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }
}
