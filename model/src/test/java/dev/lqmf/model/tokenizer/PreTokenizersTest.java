package dev.lqmf.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class PreTokenizersTest {
  private static final Path FILE = Path.of("model", "tokenizer.json");

  /** As the tokenizer.json files of the models in question have it. */
  private static final String BYTES =
      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false}";

  private static final String BYTES_AND_WORDS =
      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": true}";

  private static final String DIGITS = "{\"type\": \"Digits\", \"individual_digits\": true}";

  private static String split(String regexInJson) {
    return "{\"type\": \"Split\", \"pattern\": {\"Regex\": \""
        + regexInJson
        + "\"}, \"behavior\": \"Isolated\", \"invert\": false}";
  }

  private static String recognize(Set<String> preferred, String... steps) {
    String sequence =
        "{\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": ["
            + String.join(",", steps)
            + "]}}";
    return PreTokenizers.recognize(
        FILE, (ObjectNode) new JsonMapper().readTree(sequence), preferred);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "llama-bpe ~ (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}|"
            + " ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+",
        "qwen2 ~ (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}|"
            + " ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+",
        "tekken ~ [^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*"
            + "[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"
            + "[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*|"
            + "\\\\p{N}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+",
        "gpt-4o ~ [^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*"
            + "[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
            + "[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+"
            + "[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\\\p{N}{1,3}|"
            + " ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+",
        "bloom ~ ` ?[^(\\\\s|[.,!?…。，、।۔،])]+`"
      })
  void knowsSplits(String name, String regexInJson) {
    assertThat(recognize(Set.of(), split(regexInJson), BYTES)).isEqualTo(name);
  }

  @Test
  void takesLineEndsInEitherSpelling() {
    String[] rest = {
      split("\\\\s?\\\\p{L}+"), split("\\\\s?\\\\p{P}+"), split("[一-龥ࠀ-一가-\uD7FF]+"), DIGITS, BYTES
    };
    for (String lineEnds : new String[] {"[\\r\\n]", "[\\\\r\\\\n]"}) {
      assertThat(recognize(Set.of(), split(lineEnds), rest[0], rest[1], rest[2], rest[3], rest[4]))
          .isEqualTo("deepseek-coder");
    }
  }

  @Test
  void choosesANameAmongEquals() {
    assertThat(recognize(Set.of(), DIGITS, BYTES_AND_WORDS)).isEqualTo("starcoder");
    assertThat(recognize(Set.of("smollm", "qwen2"), DIGITS, BYTES_AND_WORDS)).isEqualTo("smollm");
    assertThat(recognize(Set.of(), BYTES_AND_WORDS)).isEqualTo("gpt-2");
  }

  @Test
  void refusesOthersAndSaysWhatItKnows() {
    assertThatThrownBy(() -> recognize(Set.of(), split("\\\\w+"), BYTES))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e)
                  .hasMessageContaining("tokenizer.json")
                  .hasMessageContaining("split \\w+, then bytes");
              assertThat(e.mend()).contains("llama-bpe", "qwen2", "tekken");
            });
    // A space before the first word is not what gpt-2 does.
    assertThatThrownBy(
            () -> recognize(Set.of(), "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}"))
        .isInstanceOf(InputException.class);
  }
}
