package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TypesCommandTest {

  @ParameterizedTest
  @EnumSource
  void explainsEveryFileType(GgufFileType type) {
    assertThat(Program.run("types").out().lines())
        .anySatisfy(line -> assertThat(line).startsWith(type.name() + " ").endsWith(type.advice()));
  }

  @Test
  void listsEveryTensorType() {
    String out = Program.run("types").out();

    String tensorTypes = out.substring(out.indexOf("Types of single tensors"));
    assertThat(MixTypes.encodable())
        .allSatisfy(type -> assertThat(tensorTypes).containsPattern("(?m)^" + type + " "));
  }

  /** Sizes that llama.cpp's users know, in GiB (its quantize README, Llama 3 8B). */
  @ParameterizedTest
  @CsvSource({
    "Q8_0, 7.96",
    "Q6_K, 6.14",
    "Q5_K_M, 5.33",
    "Q4_K_M, 4.58",
    "IQ4_XS, 4.14",
    "Q3_K_M, 3.74"
  })
  void theReferenceModelHasTheSizesThatLlamaCppGivesIt(GgufFileType type, double gibibytes) {
    double size = ReferenceModel.bytes(type) / (double) (1 << 30);

    // Files have some megabytes of vocabulary besides their tensors.
    assertThat(size).isCloseTo(gibibytes, within(0.02));
  }

  @Test
  void printsOneJsonObject() {
    Program run = Program.run("types", "--json");
    JsonNode json = JsonMapper.shared().readTree(run.out());

    assertThat(json.get("file_types").size()).isEqualTo(GgufFileType.values().length);
    assertThat(json.get("tensor_types").size()).isEqualTo(MixTypes.encodable().size());
    assertThat(run.err()).isEmpty();
  }
}
