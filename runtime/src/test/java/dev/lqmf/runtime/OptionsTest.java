package dev.lqmf.runtime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0.8, 40, 0.95, 0.05, 1, cannot generate 0 tokens",
    "1, -0.1, 40, 0.95, 0.05, 1, temperature -0.1 is out of range",
    "1, NaN, 40, 0.95, 0.05, 1, temperature NaN is out of range",
    "1, Infinity, 40, 0.95, 0.05, 1, temperature Infinity is out of range",
    "1, 0.8, -1, 0.95, 0.05, 1, top-k -1 is negative",
    "1, 0.8, 40, 0, 0.05, 1, top-p 0.0 is not a probability above 0",
    "1, 0.8, 40, 1.01, 0.05, 1, top-p 1.01 is not a probability above 0",
    "1, 0.8, 40, 0.95, 1.5, 1, min-p 1.5 is not between 0 and 1",
    "1, 0.8, 40, 0.95, 0.05, 0, a repetition penalty of 0.0 is out of range",
  })
  void refusesValuesOutOfRange(
      int tokens,
      float temperature,
      int topK,
      float topP,
      float minP,
      float penalty,
      String problem) {
    assertThatThrownBy(
            () ->
                new GenerationOptions(
                    OptionalInt.of(tokens),
                    temperature,
                    topK,
                    topP,
                    minP,
                    penalty,
                    OptionalInt.empty(),
                    List.of(),
                    true))
        .isInstanceOf(InputException.class)
        .hasMessage(problem);
  }

  @Test
  void refusesAnEmptyStopText() {
    assertThatThrownBy(() -> GenerationOptions.DEFAULTS.withStop(List.of("END", "")))
        .isInstanceOf(InputException.class)
        .hasMessage("a stop text is empty");
  }

  @Test
  void refusesAnEmptyContext() {
    assertThatThrownBy(() -> new SessionOptions(OptionalInt.of(0), OptionalInt.empty(), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("0 tokens");
  }

  @Test
  void onlyTorchCanBeToldWhereToCompute() {
    SessionOptions cuda =
        new SessionOptions(OptionalInt.empty(), OptionalInt.empty(), false, ComputeDevice.CUDA);

    assertThatThrownBy(() -> new LlamaCppRuntime().open(Path.of("absent.gguf"), cuda))
        .isInstanceOf(InputException.class)
        .hasMessage("llama.cpp cannot be told to compute on cuda");
    // Torch is asked for the model, although it is a GGUF.
    assertThatThrownBy(() -> Runtimes.open(Path.of("absent.gguf"), cuda, _ -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("absent.gguf holds no model");
  }

  @Test
  void refusesNoThreads() {
    assertThatThrownBy(() -> new SessionOptions(OptionalInt.empty(), OptionalInt.of(0), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("0 threads");
  }
}
