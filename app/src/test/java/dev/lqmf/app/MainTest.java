package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MainTest {

  @Test
  void whoAskedForJsonGetsTheErrorAsJson() {
    Program missing = Program.run("quantize", "./no/such/place", "--type", "Q4_0", "--json");
    Program typo = Program.run("quantize", "./no/such/place", "--tipe", "Q4_0", "--json");
    Program value = Program.run("experiments", "list", "--status", "perhaps", "--json");

    assertThat(missing.status()).isEqualTo(1);
    assertThat(json(missing).get("error").asString()).contains("./no/such/place does not exist");
    assertThat(json(missing).get("status").asInt()).isEqualTo(1);
    assertThat(typo.status()).isEqualTo(2);
    assertThat(json(typo).get("mend").asString()).contains("lqmf quantize --help");
    assertThat(value.status()).isEqualTo(2);
    assertThat(json(value).get("error").asString()).contains("perhaps");
  }

  private static JsonNode json(Program program) {
    return JsonMapper.shared().readTree(program.out());
  }

  @Test
  void tellsItsVersion() {
    Program run = Program.run("--version");

    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("LQMF ").contains("Java 2");
  }

  @Test
  void withoutArgumentsItShowsTheCommands() {
    Program run = Program.run();

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("quantize", "run", "inspect", "check", "types", "help");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantize",
        "run",
        "inspect",
        "check",
        "verify",
        "eval",
        "imatrix",
        "test",
        "types",
        "experiments",
        "stats",
        "config",
        "hf",
        "llm",
        "jobs",
        "resume",
        "prompt",
        "completion"
      })
  void explainsEveryCommand(String command) {
    Program help = Program.run("help", command);
    Program option = Program.run(command, "--help");

    assertThat(help.status()).isZero();
    assertThat(help.out()).contains("Usage: lqmf " + command);
    assertThat(option).isEqualTo(help);
    assertThat(help.out().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void suggestsTheCommandThatWasMeant() {
    Program run = Program.run("quantise", "model");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("error: unknown command 'quantise'\n  → did you mean 'quantize'");
    assertThat(Program.run("make", "me", "a", "sandwich").err())
        .startsWith("error: unknown command 'make'\n  → 'lqmf --help' shows");
  }

  @Test
  void suggestsTheOptionThatWasMeant() {
    Program run = Program.run("inspect", "model", "--tensor");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("error: unknown option '--tensor'\n").contains("'--tensors'");
  }

  @Test
  void saysWhatIsMissing() {
    Program run = Program.run("quantize", "model");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("error: no output type given\n")
        .contains("  → name at least one, as in --type Q4_K_M");
  }

  @Test
  void listsTheTypesWhenOneIsUnknown() {
    Program run = Program.run("quantize", "model", "--type", "Q4_K_M,Q7_K");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("error: unknown type 'Q7_K'\n  → ").contains("Q4_K_M, ");
  }

  @Test
  void saysWhereItLookedForAModel() {
    Program run = Program.run("run", "no-such-model", "Hello");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("error: there is no model no-such-model").contains("  → ");
  }

  @Test
  void showsAStackTraceOnlyOnDemand() {
    Program plain = Program.run("run", "no-such-model", "Hello");
    Program debug = Program.run("run", "no-such-model", "Hello", "--debug");

    assertThat(plain.err()).doesNotContain("\tat ");
    assertThat(debug.err()).startsWith(plain.err()).contains("\tat dev.lqmf.");
  }

  @Test
  void refusesGenerationOptionsOutOfRange() {
    Program run = Program.run("run", "model", "Hello", "--top-p", "2");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("error: top-p 2.0 is not a probability above 0\n  → ");
  }

  @ParameterizedTest
  @CsvSource({
    "--method gguf2 --type Q8_0, there is no method 'gguf2'",
    "--method bnb --type Q8_0, --type does not apply to --method bnb",
    "--type Q8_0 --bits 4, --bits does not apply to --method gguf",
    "--method bnb --bits 5, bitsandbytes has no format of 5 bits",
    "--method bnb --bits 8 --block-size 64, --block-size does not apply to --bits 8",
    "--method bnb --block-size 100, bitsandbytes has no blocks of 100 weights",
    "--method bnb --quant-type nf5, there is no 4-bit type 'nf5'",
    "--method bnb --quant-storage int4, packed weights cannot be stored as 'int4'"
  })
  void optionsThatDoNotFitTheMethodAreNamed(String options, String problem) {
    List<String> arguments = new ArrayList<>(List.of("quantize", "model"));
    arguments.addAll(List.of(options.split(" ", -1)));

    Program run = Program.run(arguments.toArray(String[]::new));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("error: " + problem);
  }
}
