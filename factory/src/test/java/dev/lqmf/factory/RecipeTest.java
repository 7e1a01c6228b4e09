package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.GgufRecipe.Imatrix;
import dev.lqmf.factory.GgufRecipe.TensorTypeRule;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RecipeTest {
  private static final GgufRecipe FULL =
      new GgufRecipe(
          1,
          "modèle",
          "llama",
          "abc",
          GgufFileType.Q4_K_M,
          List.of(
              new TensorTypeRule("attn_v", TensorType.Q6_K),
              new TensorTypeRule("ffn", TensorType.F16)),
          Optional.of(TensorType.Q8_0),
          Optional.of(TensorType.Q5_1),
          true,
          false,
          Optional.of(new Imatrix("i.gguf", "def")),
          OptionalLong.of(1000));

  /** The hash names results on disk: were it to change, every finished result would be redone. */
  @Test
  void hasOneFormAndOneHash() {
    assertThat(FULL.canonicalJson())
        .isEqualTo(
            "{\"architecture\":\"llama\",\"encoderRevision\":1,\"fileType\":\"Q4_K_M\","
                + "\"imatrix\":{\"name\":\"i.gguf\",\"sha256\":\"def\"},"
                + "\"leaveOutputTensor\":false,\"model\":\"mod\\u00E8le\","
                + "\"outputTensorType\":\"Q8_0\",\"pure\":true,\"source\":\"abc\","
                + "\"splitMaxSize\":1000,"
                + "\"tensorTypes\":[{\"pattern\":\"attn_v\",\"type\":\"Q6_K\"},"
                + "{\"pattern\":\"ffn\",\"type\":\"F16\"}],"
                + "\"tokenEmbeddingType\":\"Q5_1\"}");
    assertThat(FULL.hash())
        .isEqualTo(Hashes.sha256(FULL.canonicalJson().getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void leavesOutWhatIsAbsent() {
    GgufRecipe bare =
        new GgufRecipe(
            1,
            "m",
            "llama",
            "abc",
            GgufFileType.F16,
            List.of(),
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            Optional.empty(),
            OptionalLong.empty());

    assertThat(bare.canonicalJson())
        .isEqualTo(
            "{\"architecture\":\"llama\",\"encoderRevision\":1,\"fileType\":\"F16\","
                + "\"leaveOutputTensor\":false,\"model\":\"m\",\"pure\":false,\"source\":\"abc\","
                + "\"tensorTypes\":[]}");
    assertThat(Json.read(Json.readable(bare), GgufRecipe.class)).isEqualTo(bare);
  }

  @Test
  void survivesBeingWrittenForPeople() {
    assertThat(Json.read(Json.readable(FULL), GgufRecipe.class)).isEqualTo(FULL);
  }
}
