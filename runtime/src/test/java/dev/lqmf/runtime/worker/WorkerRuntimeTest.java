package dev.lqmf.runtime.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.LlamaCppRuntime;
import dev.lqmf.runtime.RuntimeContract;
import dev.lqmf.runtime.Session;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerRuntimeTest extends RuntimeContract {
  WorkerRuntimeTest() {
    super(new WorkerRuntime(new LlamaCppRuntime()));
  }

  @Test
  void aKilledWorkerIsAnErrorAndNoMore() throws IOException {
    // So much text that it is far from its end when the first piece arrives.
    SessionOptions roomy = new SessionOptions(OptionalInt.of(32_768), OptionalInt.empty(), false);
    GenerationOptions endless = GenerationOptions.GREEDY.withMaxTokens(30_000);
    try (Session session =
        new WorkerRuntime(new LlamaCppRuntime()).open(resource("LlamaForCausalLM.gguf"), roomy)) {
      long pid = ((WorkerSession) session).pid();
      AtomicInteger pieces = new AtomicInteger();

      assertThatThrownBy(
              () ->
                  session.generate(
                      "The kernel",
                      endless,
                      _ -> {
                        if (pieces.incrementAndGet() == 1) {
                          ProcessHandle.of(pid).orElseThrow().destroyForcibly();
                        }
                      }))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("LlamaForCausalLM.gguf")
          .hasMessageContaining("it was killed, perhaps because memory ran out");
    }

    // And the next one works.
    assertThat(generate(resource("LlamaForCausalLM.gguf"), "The kernel", greedy(false)))
        .isNotEmpty();
  }

  @Test
  void thirtyLoadsLeaveNothingBehind() throws IOException {
    loadThirtyTimes();
  }
}
