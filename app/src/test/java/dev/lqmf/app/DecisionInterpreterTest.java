package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.lqmf.app.prompt.LineInterpreter;
import dev.lqmf.factory.decide.DecisionAgent;
import dev.lqmf.factory.decide.ModelNames;
import dev.lqmf.factory.decide.ModelSearch;
import dev.lqmf.factory.llm.LlmAccount;
import dev.lqmf.factory.llm.LlmSettings;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecisionInterpreterTest {
  private static final Set<String> COMMANDS =
      Set.of(
          "quantize",
          "plan",
          "run",
          "eval",
          "inspect",
          "check",
          "test",
          "verify",
          "types",
          "experiments",
          "stats",
          "system",
          "config",
          "hf",
          "llm",
          "jobs",
          "resume",
          "help");

  private static final ModelNames NAMES = new ModelNames(ModelSearch.NONE, _ -> false);

  private static LineInterpreter.Meaning meaning(String line) {
    return new DecisionInterpreter(new DecisionAgent(NAMES), COMMANDS)
        .interpret(line)
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "test list | test list",
        "list successful experiments | experiments list --status success",
        "show failed experiments | experiments list --status failed",
        "compare experiments 3 and 5 | experiments compare 3 5",
        "find experiments with gpt2 | experiments search gpt2",
        "what is my success rate? | stats",
        "show my gpu | system",
        "plan mistralai/Mistral-7B-v0.1 for 8GB GPU"
            + " | plan mistralai/Mistral-7B-v0.1 --fit 8GB --target gpu",
        "hf login | hf login",
        "llm switch claude | llm switch claude",
        "test the llm | llm test",
        "list jobs | jobs",
        "compare a.gguf vs b.gguf | eval a.gguf b.gguf",
        "test docs-llama-4m_gguf_Q4_K_M | test docs-llama-4m_gguf_Q4_K_M"
      })
  void wordsBecomeCommands(String line, String command) {
    LineInterpreter.Meaning meaning = meaning(line);

    assertThat(String.join(" ", meaning.command())).isEqualTo(command);
    assertThat(meaning.confirm()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantize mistralai/Mistral-7B-Instruct for 8GB GPU"
            + " | mistralai/Mistral-7B-Instruct-v0.3 --method gguf --fit 8GB --target gpu",
        "quantize mistralai/Mistral-7B-Instruct for 8GB GPU, best quality"
            + " | mistralai/Mistral-7B-Instruct-v0.3 --method gguf --fit 8GB --target gpu"
            + " --quality best",
        "quantize mistralai/Mistral-7B-Instruct to 4 bit for a 6 GB card"
            + " | mistralai/Mistral-7B-Instruct-v0.3 --method gguf --fit 6GB --target gpu"
            + " --bits 4",
        "I want to quantize Mistral 7B for CPU inference with 4-bit precision"
            + " | mistralai/Mistral-7B-v0.3 --method gguf --type Q4_K_M",
        "quantize microsoft/DialoGPT-small to 4-bit GGUF for CPU"
            + " | microsoft/DialoGPT-small --method gguf --type Q4_K_M",
        "QUANTIZE GPT-2 TO 8 BIT | openai-community/gpt2 --method gguf --type Q8_0",
        "quantize Qwen/Qwen2.5-0.5B to nf4"
            + " | Qwen/Qwen2.5-0.5B --method bnb --bits 4 --quant-type nf4",
        "quantize HuggingFaceTB/SmolLM2-135M for transformers"
            + " | HuggingFaceTB/SmolLM2-135M --method bnb --bits 4",
        "quantize tiiuae/falcon-7b for llama.cpp, q5_k_s"
            + " | tiiuae/falcon-7b --method gguf --type Q5_K_S"
      })
  void quantizationsAreConfirmed(String line, String command) {
    LineInterpreter.Meaning meaning = meaning(line);

    assertThat(String.join(" ", meaning.command())).isEqualTo("quantize " + command);
    assertThat(meaning.confirm()).isTrue();
  }

  @Test
  void saysWhichModelANicknameStandsFor() {
    assertThat(meaning("quantize gpt2 to q8_0").explanation())
        .containsExactly("'gpt2' is taken for openai-community/gpt2");
  }

  @Test
  void whatTakesSomethingAwayIsConfirmed() {
    LineInterpreter.Meaning meaning = meaning("delete experiment 3");

    assertThat(meaning.command()).containsExactly("experiments", "delete", "3");
    assertThat(meaning.confirm()).isTrue();
  }

  @Test
  void whatThereIsNoCommandForIsSaid() {
    assertThatThrownBy(() -> meaning("benchmark a.gguf"))
        .isInstanceOf(InputException.class)
        .hasMessage("LQMF has no command for that yet (bench)");
    assertThatThrownBy(() -> meaning("quantize gpt2 to 7 bits")).isInstanceOf(InputException.class);
  }

  @Test
  void nonsenseIsNotUnderstood() {
    assertThat(
            new DecisionInterpreter(new DecisionAgent(NAMES), COMMANDS)
                .interpret("colourless green ideas"))
        .isEmpty();
  }

  @Test
  void aProviderThatIsDownCostsOneLine() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "{\"error\":{\"message\":\"no\"}}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(401, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      Map<String, String> variables =
          Map.of(
              "OPENAI_API_KEY",
              "key-of-mine",
              "OPENAI_BASE_URL",
              "http://127.0.0.1:" + server.getAddress().getPort());
      LlmAccount account =
          new LlmSettings(name -> Optional.ofNullable(variables.get(name)), Optional.empty())
              .chosen()
              .orElseThrow();
      List<String> notices = new ArrayList<>();
      LineInterpreter interpreter =
          new DecisionInterpreter(
              new DecisionAgent(
                  NAMES,
                  Optional.of(
                      new ProviderAdvisor(account, ProviderAdvisor.READS_LINES, notices::add))),
              COMMANDS);
      for (int i = 0; i < 5; i++) {
        assertThat(interpreter.interpret("colourless green ideas")).isEmpty();
      }

      assertThat(notices).containsExactly("openai answered 401: no; the rules go on without it");
    } finally {
      server.stop(0);
    }
  }
}
