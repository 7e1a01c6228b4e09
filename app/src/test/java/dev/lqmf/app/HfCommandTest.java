package dev.lqmf.app;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class HfCommandTest {
  @TempDir Path directory;
  private LoopbackHub hub;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> questions = new ArrayList<>();
  private Path token;

  @BeforeEach
  void start() throws IOException {
    hub = new LoopbackHub();
    environment.put("HF_ENDPOINT", hub.endpoint());
    token = directory.resolve(".cache/huggingface/token");
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private Program run(String input, SecretPrompt prompt, String... args) {
    return Program.run(Program.place(environment, directory, input, prompt), args);
  }

  private Program run(String... args) {
    return run("", SecretPrompt.NOBODY, args);
  }

  /** A person who answers every question with the same. */
  private SecretPrompt person(String answer) {
    return question -> {
      questions.add(question);
      return Optional.of(answer);
    };
  }

  private static String everything(Program run) {
    return run.out() + run.err();
  }

  @Test
  void signsInAndOutWithATokenFromStandardInput() throws Exception {
    Program login = run(LoopbackHub.TOKEN + "\n", SecretPrompt.NOBODY, "hf", "login");

    assertThat(login.status()).as(login.err()).isZero();
    assertThat(login.out()).startsWith("signed in as ada (free, token may read)\n");
    assertThat(everything(login)).doesNotContain(LoopbackHub.TOKEN);
    assertThat(token).hasContent(LoopbackHub.TOKEN);

    Program status = run("hf", "status");
    assertThat(status.status()).isZero();
    assertThat(status.out())
        .containsPattern("user +ada")
        .containsPattern("plan +free")
        .contains(token.toString());
    assertThat(everything(status)).doesNotContain(LoopbackHub.TOKEN);

    Program logout = run("hf", "logout");
    assertThat(logout.out())
        .contains("removed from " + token, "removed from " + token.resolveSibling("stored_tokens"));
    assertThat(token).doesNotExist();
    assertThat(run("hf", "status").out()).startsWith("not signed in");
    assertThat(run("hf", "logout").out()).isEqualTo("no token was stored\n");
  }

  @Test
  void asksAPersonWithoutShowingTheAnswer() {
    Program login = run("", person(LoopbackHub.TOKEN), "hf", "login");

    assertThat(login.status()).isZero();
    assertThat(questions).containsExactly("Token (it will not be shown): ");
    assertThat(everything(login)).doesNotContain(LoopbackHub.TOKEN);
  }

  @Test
  void aTokenTheHubDoesNotKnowIsNotStored() {
    Program login = run("hf", "login", "--token", "hf_wrong_token");

    assertThat(login.status()).isEqualTo(1);
    assertThat(login.err()).startsWith("error: the Hub does not accept the Hugging Face token");
    assertThat(login.err()).doesNotContain("hf_wrong_token");
    assertThat(token).doesNotExist();
    assertThat(run("hf", "login").err()).startsWith("error: no token given\n");
  }

  @Test
  void tellsThatAVariableComesFirst() {
    environment.put("HUGGINGFACE_TOKEN", LoopbackHub.TOKEN);

    JsonNode status = JsonMapper.shared().readTree(run("hf", "status", "--json").out());

    assertThat(status.get("token_source").asString()).isEqualTo("HUGGINGFACE_TOKEN");
    assertThat(status.get("user").asString()).isEqualTo("ada");
    assertThat(run("hf", "login", "--token", LoopbackHub.TOKEN).err())
        .contains("HUGGINGFACE_TOKEN is set and comes first");
    assertThat(run("hf", "logout").err()).contains("HUGGINGFACE_TOKEN is set");
  }

  @Test
  void testsWhetherAModelOpens() {
    Program refused = run("hf", "status", "--model", LoopbackHub.MODEL);
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.out()).contains("no: org/gated is gated");

    environment.put("HF_TOKEN", LoopbackHub.TOKEN);
    Program opened = run("hf", "status", "--model", LoopbackHub.MODEL);
    assertThat(opened.status()).as(opened.out()).isZero();
    assertThat(opened.out()).containsPattern("access +yes");
  }

  @Test
  void aGatedModelAsksForAToken() {
    Program quantize =
        run(
            "",
            person(LoopbackHub.TOKEN),
            "quantize",
            LoopbackHub.MODEL,
            "--type",
            "Q8_0",
            "--no-test",
            "--output",
            directory.resolve("results").toString());

    assertThat(quantize.status()).as(quantize.err()).isZero();
    assertThat(questions).containsExactly("Hugging Face token for org/gated (Enter to give up): ");
    assertThat(quantize.err())
        .contains("note: org/gated is gated", "note: signed in to the Hub as ada");
    assertThat(directory.resolve("results/gated_gguf_Q8_0/gated-Q8_0.gguf")).exists();
    assertThat(token).hasContent(LoopbackHub.TOKEN);
  }

  @Test
  void withNobodyToAskAGatedModelIsAnError() throws Exception {
    Program quantize = run("quantize", LoopbackHub.MODEL, "--type", "Q8_0");

    assertThat(quantize.status()).isEqualTo(1);
    assertThat(quantize.err()).contains("error: org/gated is gated").contains("set HF_TOKEN");
    try (var log = Files.lines(directory.resolve("logs/lqmf.jsonl"))) {
      assertThat(log)
          .singleElement(as(InstanceOfAssertFactories.STRING))
          .contains("\"event\":\"failed\"", "org/gated is gated");
    }
  }

  @Test
  void lookingAtAModelDoesNotDownloadIt() throws Exception {
    environment.put("HF_TOKEN", LoopbackHub.TOKEN);

    Program plan = run("plan", LoopbackHub.MODEL, "--fit", "8GB", "--json");
    Program check = run("check", LoopbackHub.MODEL, "--json");

    assertThat(plan.status()).as(plan.err()).isZero();
    assertThat(check.status()).as(check.err()).isZero();
    JsonMapper json = JsonMapper.shared();
    assertThat(json.readTree(check.out()).get("parameters"))
        .isEqualTo(
            json.readTree(run("check", Program.EXAMPLE.toString(), "--json").out())
                .get("parameters"));
    try (var files = Files.walk(directory.resolve(".cache/huggingface/hub"))) {
      assertThat(files)
          .anyMatch(file -> file.endsWith("tokenizer.json"))
          .noneMatch(file -> file.endsWith("model.safetensors"));
    }

    // What was planned from the header is what is then made.
    JsonNode recommended = json.readTree(plan.out()).get("recommended");
    String type = recommended.get("type").asString();
    Path results = directory.resolve("results");
    run("quantize", LoopbackHub.MODEL, "-t", type, "--no-test", "-o", results.toString());
    assertThat(results.resolve("gated_gguf_%1$s/gated-%1$s.gguf".formatted(type)))
        .hasSize(recommended.get("file_bytes").asLong());
  }

  /** Spelt wrong is likelier than private. */
  @Test
  void aNameThatIsNotThereBringsTheOnesThatAre() {
    Program quantize =
        run("", person(LoopbackHub.TOKEN), "quantize", "org/gate", "--type", "Q8_0", "--no-test");

    assertThat(quantize.status()).isEqualTo(1);
    assertThat(quantize.err())
        .contains("error: there is no model org/gate on 127.0.0.1", "did you mean org/gated");
    assertThat(questions).isEmpty();

    run("", person(LoopbackHub.TOKEN), "quantize", "org/xyzzyxyzzyxyzzy", "--type", "Q8_0");
    assertThat(questions).hasSize(1); // it may be private
  }

  @Test
  void aTokenFromDotenvIsUsed() throws Exception {
    Files.writeString(directory.resolve(".env"), "HF_TOKEN=" + LoopbackHub.TOKEN + "\n");

    assertThat(run("hf", "status", "--model", LoopbackHub.MODEL).status()).isZero();
  }
}
