package dev.lqmf.app;

import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.app.prompt.LineRunner;
import dev.lqmf.app.prompt.Questions;
import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.decide.Decision;
import dev.lqmf.factory.decide.DecisionAgent;
import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.machine.Gpu;
import dev.lqmf.quant.mix.GgufFileType;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Asks what {@code quantize MODEL} leaves open; the recommended answer comes first. */
final class QuantizeGuide implements LineRunner.Guide {
  private final DecisionAgent agent;
  private final Supplier<List<Gpu>> gpus;

  private static final String CPU = "CPU";
  private static final String GPU = "GPU";

  /** What to take unless there is a reason for something else. */
  static final GgufFileType RECOMMENDED = GgufFileType.Q4_K_M;

  /** One for every number of bits; the others are for people who know them by name. */
  private static final List<GgufFileType> TYPES =
      List.of(
          RECOMMENDED,
          GgufFileType.Q8_0,
          GgufFileType.Q6_K,
          GgufFileType.Q5_K_M,
          GgufFileType.Q3_K_M,
          GgufFileType.Q2_K);

  /**
   * An answer to choose.
   *
   * @param text what it is
   * @param size of the reference model; may be empty
   * @param reason when to choose it
   * @param arguments what it adds to the command
   */
  private record Answer(String text, String size, String reason, List<String> arguments) {}

  /**
   * @param agent knows which model a name stands for
   * @param gpus those of this machine; asked at most once for each command
   */
  QuantizeGuide(DecisionAgent agent, Supplier<List<Gpu>> gpus) {
    this.agent = agent;
    this.gpus = gpus;
  }

  @Override
  public Optional<List<String>> complete(
      List<String> words, Terminal terminal, Questions questions) {
    boolean bare =
        words.size() == 2
            && words.getFirst().equals("quantize")
            && !words.getLast().startsWith("-");
    if (!bare) {
      return Optional.empty();
    }
    List<String> whole = new ArrayList<>(List.of("quantize", model(words.getLast(), terminal)));
    Device target =
        choose("Where will it run?", targets(), terminal, questions).text().equals(GPU)
            ? Device.GPU
            : Device.CPU;
    List<String> method = choose("With what?", methods(target), terminal, questions).arguments();
    whole.addAll(method);
    List<Answer> precisions =
        switch (method.getLast()) {
          case BnbMethod.NAME -> bnbBits();
          case GptqMethod.NAME -> gptqBits();
          default -> types();
        };
    whole.addAll(
        choose("How precise? " + sizes(precisions), precisions, terminal, questions).arguments());
    return Optional.of(whole);
  }

  private String model(String typed, Terminal terminal) {
    if (agent.decide("quantize " + typed) instanceof Decision.Understood understood
        && understood.leftover().isEmpty()
        && understood.wishes().models().size() == 1) {
      String name = understood.wishes().models().getFirst().name();
      if (!name.equals(typed)) {
        terminal.out().println("'" + typed + "' is taken for " + name);
      }
      return name;
    }
    return typed;
  }

  private static String sizes(List<Answer> answers) {
    return answers.stream().allMatch(a -> a.size().isEmpty())
        ? ""
        : "(sizes are those of " + ReferenceModel.NAME + ")";
  }

  private List<Answer> targets() {
    List<Gpu> found = gpus.get();
    return found.isEmpty()
        ? List.of(
            new Answer(CPU, "", "recommended: no GPU is found on this machine", List.of()),
            new Answer(GPU, "", "of another machine", List.of()))
        : List.of(
            new Answer(
                GPU, "", "recommended: this machine has " + found.getFirst().name(), List.of()),
            new Answer(CPU, "", "runs everywhere, more slowly", List.of()));
  }

  private static List<Answer> methods(Device target) {
    boolean gpu = target == Device.GPU;
    return List.of(
        new Answer(
            "llama.cpp or Ollama",
            "",
            gpu
                ? "recommended: what does not fit on the GPU, the CPU runs"
                : "recommended: a GGUF is what runs fastest on a CPU",
            List.of("--method", GgufMethod.NAME)),
        new Answer(
            "Transformers",
            "",
            gpu
                ? "a bitsandbytes checkpoint, for Python, and for QLoRA"
                : "a bitsandbytes checkpoint, for Python; slow without a GPU",
            List.of("--method", BnbMethod.NAME)),
        new Answer(
            "vLLM",
            "",
            gpu
                ? "a GPTQ checkpoint, for fast serving; it is calibrated, which takes long"
                : "a GPTQ checkpoint; slow without a GPU, and takes long to make",
            List.of("--method", GptqMethod.NAME)));
  }

  private static List<Answer> types() {
    return TYPES.stream()
        .map(
            type ->
                new Answer(
                    type.name(),
                    Units.bytes(ReferenceModel.bytes(type)),
                    (type == RECOMMENDED ? "recommended: " : "") + type.advice(),
                    List.of("--type", type.name())))
        .toList();
  }

  private static List<Answer> bnbBits() {
    return List.of(
        new Answer(
            "4 bits, NF4",
            "",
            "recommended: a quarter of the size, little loss",
            List.of("--bits", "4")),
        new Answer("8 bits", "", "half the size, hardly any loss", List.of("--bits", "8")));
  }

  private static List<Answer> gptqBits() {
    return List.of(
        new Answer(
            "4 bits",
            "",
            "recommended: a quarter of the size, little loss",
            List.of("--bits", "4")),
        new Answer("8 bits", "", "half the size, hardly any loss", List.of("--bits", "8")),
        new Answer("3 bits", "", "for what does not fit otherwise", List.of("--bits", "3")));
  }

  private static Answer choose(
      String question, List<Answer> answers, Terminal terminal, Questions questions) {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    out.println(style.bold(question));
    Table table = new Table("", "", ">", "");
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      table.row("  " + (i + 1), answer.text(), answer.size(), answer.reason());
    }
    terminal.printBody(table);
    out.flush();
    while (true) {
      String typed = questions.ask("Number [1]: ", "1").strip();
      for (int i = 0; i < answers.size(); i++) {
        Answer answer = answers.get(i);
        if (typed.equals(Integer.toString(i + 1)) || typed.equalsIgnoreCase(answer.text())) {
          return answer;
        }
      }
    }
  }
}
