package dev.lqmf.factory.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProtocolTest {
  /** Long words, spaces, and characters outside the basic plane, so that cuts fall anywhere. */
  private static final String TEXT =
      "The kernel module ünïcödé 漢字 \uD83D\uDE00\uD83D\uDE80 is loaded;  it prints 12345.\n\n"
          .repeat(2000);

  @ParameterizedTest
  @EnumSource
  void fewWindowsAreTheFirstOfMany(Protocol protocol) throws IOException {
    Path model = Path.of("..", "examples", "models", "docs-llama-4m");
    try (StoredModel stored = StoredModel.open(model, "docs-llama-4m");
        TextTokenizer tokenizer = stored.tokenizer().open()) {
      Windows all =
          protocol.windows(
              tokenizer, "the text", TEXT, 64, OptionalInt.empty(), OptionalInt.empty());
      for (int count : new int[] {2, 3, 31, 64}) {
        Windows few =
            protocol.windows(
                tokenizer, "the text", TEXT, 64, OptionalInt.empty(), OptionalInt.of(count));

        assertThat(few.count()).isEqualTo(count);
        for (int i = 0; i < count; i++) {
          assertThat(few.ids()[i]).isEqualTo(all.ids()[i]);
          assertThat(few.targets()[i]).isEqualTo(all.targets()[i]);
        }
      }
    }
  }
}
