package dev.lqmf.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FamiliesTest {
  private static HfConfig config(String modelClass) {
    return HfConfig.of(
        Path.of("model", "config.json"), Map.of("architectures", List.of(modelClass)));
  }

  @Test
  void namesWhatIsKnown() {
    assertThat(Families.classes())
        .contains("GPT2LMHeadModel", "LlamaForCausalLM", "MistralForCausalLM")
        .isSorted();
    assertThat(Families.find("MistralForCausalLM")).map(Family::name).contains("llama");
    assertThat(Families.convertible()).contains("BertModel").doesNotContain("OPTForCausalLM");
    assertThat(Families.runnable()).contains("OPTForCausalLM").doesNotContain("BertModel");
  }

  @Test
  void refusesWhatIsNotAndListsWhatIs() {
    HfConfig config = config("MambaForCausalLM");

    assertThatThrownBy(() -> Families.of(config))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e)
                  .hasMessageStartingWith(
                      config.file() + ": the architecture 'MambaForCausalLM' is not known");
              assertThat(e.mend())
                  .contains("LLaMAForCausalLM, LlamaForCausalLM, MistralForCausalLM");
            });
  }

  @Test
  void doesNotRunWhatItOnlyConverts() {
    assertThatThrownBy(() -> Families.network(config("BertModel")))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessage("running a model of class 'BertModel' is not supported");
              assertThat(e.mend()).contains("BertForMaskedLM").doesNotContain("BertModel");
            });
  }

  static List<String> runnable() {
    return Families.runnable();
  }

  @ParameterizedTest
  @MethodSource("runnable")
  void knowsAllThatAnEmptyConfigurationLeavesUnsaid(String modelClass) {
    Network network = Families.network(config(modelClass));

    assertThat(network.name()).isEqualTo(modelClass);
    assertThat(network.vocabulary()).isGreaterThan(5_000);
    assertThat(network.blocks()).isNotEmpty();
  }

  @Test
  void knowsWhatOnlySomeConfigurationsNeed() {
    HfConfig exact = config("BloomForCausalLM").withValues(Map.of("slow_but_exact", true));

    assertThat(Families.network(exact).blocks()).isNotEmpty();
  }

  @Test
  void refusesRotationsThatTransformersCannotCompute() {
    Map<String, ?> odd =
        Map.of("hidden_size", 32, "num_attention_heads", 4, "num_key_value_heads", 4);
    Map<String, ?> share = Map.of("partial_rotary_factor", 0.375);
    for (String modelClass : List.of("PhiForCausalLM", "StableLmForCausalLM")) {
      HfConfig config = config(modelClass).withValues(odd).withValues(share);
      assertThatThrownBy(() -> Families.network(config))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("rotation of 3 elements of a head is not supported");
    }
    Map<String, ?> yarn = Map.of("rope_scaling", Map.of("rope_type", "yarn", "factor", 2.0));
    assertThat(Families.network(config("Phi3ForCausalLM").withValues(odd).withValues(share)))
        .isNotNull();
    HfConfig glm =
        config("GlmForCausalLM").withValues(yarn).withValues(odd).withValues(Map.of("head_dim", 8));
    assertThat(Families.network(glm.withValues(share))).isNotNull();
    assertThatThrownBy(
            () -> Families.network(glm.withValues(Map.of("partial_rotary_factor", 0.625))))
        .hasMessageContaining("yarn over 5 elements of a head is not supported");
  }

  @Test
  void takesTheDefaultsOfTheModelTypeBeforeThoseOfTheClass() {
    HfConfig config = config("LlamaForCausalLM");

    assertThat(Families.of(config).complete(config).count("intermediate_size")).isEqualTo(11008);
    HfConfig typed = config.withValues(Map.of("model_type", "mistral"));
    assertThat(Families.of(typed).complete(typed).count("intermediate_size")).isEqualTo(14336);
    HfConfig other = config.withValues(Map.of("model_type", "of-somebody"));
    assertThat(Families.of(other).complete(other).count("intermediate_size")).isEqualTo(11008);
  }
}
