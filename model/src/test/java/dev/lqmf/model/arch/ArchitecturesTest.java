package dev.lqmf.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArchitecturesTest {

  @Test
  void namesWhatIsKnown() {
    assertThat(Architectures.classes())
        .contains("GPT2LMHeadModel", "LlamaForCausalLM", "MistralForCausalLM")
        .isSorted();
    assertThat(Architectures.ofClass("MistralForCausalLM").name()).isEqualTo("llama");
  }

  @Test
  void refusesWhatIsNotAndListsWhatIs() {
    assertThatThrownBy(() -> Architectures.ofClass("MambaForCausalLM"))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessageContaining("MambaForCausalLM");
              assertThat(e.mend())
                  .contains("LLaMAForCausalLM, LlamaForCausalLM, MistralForCausalLM");
            });
  }

  @Test
  void namesTheConfigurationThatAsksForWhatIsUnknown() {
    HfConfig config =
        HfConfig.of(
            Path.of("model", "config.json"), Map.of("architectures", List.of("MambaForCausalLM")));

    assertThatThrownBy(() -> Architectures.of(config))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(config.file() + ": the architecture 'MambaForCausalLM'");
  }
}
