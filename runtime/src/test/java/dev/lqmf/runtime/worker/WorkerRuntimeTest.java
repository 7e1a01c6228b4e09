package dev.lqmf.runtime.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.runtime.LlamaCppRuntime;
import dev.lqmf.runtime.RuntimeContract;
import dev.lqmf.runtime.Session;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerRuntimeTest extends RuntimeContract {
  WorkerRuntimeTest() {
    super(new WorkerRuntime(new LlamaCppRuntime()));
  }

  @Test
  void aKilledWorkerIsAnErrorAndNoMore() throws IOException {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      long pid = ((WorkerSession) session).pid();
      AtomicInteger pieces = new AtomicInteger();

      assertThatThrownBy(
              () ->
                  session.generate(
                      "The kernel",
                      greedy(false),
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
