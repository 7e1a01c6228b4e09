package dev.lqmf.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
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
}
