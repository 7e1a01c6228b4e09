package dev.lqmf.quant.mix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class GgufFileTypeTest {

  @Test
  void parsesNamesIdsAndAliasesInEitherCase() {
    for (GgufFileType type : GgufFileType.values()) {
      assertThat(GgufFileType.parse(type.name().toLowerCase(Locale.ROOT))).isEqualTo(type);
      assertThat(GgufFileType.parse(Integer.toString(type.id()))).isEqualTo(type);
    }
    assertThat(GgufFileType.parse(" q4_k ")).isEqualTo(GgufFileType.Q4_K_M);
    assertThat(GgufFileType.parse("Q3_K")).isEqualTo(GgufFileType.Q3_K_M);
    assertThat(GgufFileType.parse("Q5_K")).isEqualTo(GgufFileType.Q5_K_M);
  }

  @Test
  void anUnknownNameListsTheKnownOnes() {
    assertThatThrownBy(() -> GgufFileType.parse("Q4_X"))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessageContaining("Q4_X");
              assertThat(e.mend()).contains("Q4_K_M", "MXFP4_MOE", "F32");
            });
  }

  @Test
  void everyDefaultTypeCanBeEncoded() {
    assertThat(Arrays.stream(GgufFileType.values()).map(GgufFileType::defaultType))
        .isSubsetOf(MixTypes.encodable());
  }

  @Test
  void overridesAreParsedAsLlamaQuantizeDoes() {
    assertThat(TypeOverride.parse("Blk\\.[01]\\.ATTN_v=q6_k"))
        .isEqualTo(new TypeOverride("blk\\.[01]\\.attn_v", TensorType.Q6_K));
    for (String malformed :
        new String[] {"attn_v", "=Q6_K", "attn_v=", "attn_v=IQ2_XS", "[=Q8_0"}) {
      assertThatThrownBy(() -> TypeOverride.parse(malformed))
          .as(malformed)
          .isInstanceOf(InputException.class);
    }
  }
}
