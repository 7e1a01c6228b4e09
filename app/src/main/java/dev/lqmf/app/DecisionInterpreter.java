package dev.lqmf.app;

import dev.lqmf.app.output.Units;
import dev.lqmf.app.prompt.LineInterpreter;
import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.decide.Action;
import dev.lqmf.factory.decide.Decision;
import dev.lqmf.factory.decide.DecisionAgent;
import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.decide.ModelReference;
import dev.lqmf.factory.decide.Quality;
import dev.lqmf.factory.decide.Wishes;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Turns what the DecisionAgent understands into commands. */
final class DecisionInterpreter implements LineInterpreter {
  private static final long GIGABYTE = 1_000_000_000;

  private final DecisionAgent agent;
  private final Set<String> commands;

  /**
   * @param commands the names of those there are
   */
  DecisionInterpreter(DecisionAgent agent, Set<String> commands) {
    this.agent = agent;
    this.commands = Set.copyOf(commands);
  }

  @Override
  public Optional<Meaning> interpret(String line) {
    return switch (agent.decide(line)) {
      case Decision.Understood understood -> Optional.of(meaning(understood));
      case Decision.Unclear(Decision.Reason reason, String message, List<String> suggestions) -> {
        if (reason == Decision.Reason.NOT_UNDERSTOOD) {
          yield Optional.empty();
        }
        throw new InputException(
            message,
            suggestions.isEmpty()
                ? "'help' lists the commands"
                : "try '" + String.join("' or '", suggestions) + "'");
      }
    };
  }

  private Meaning meaning(Decision.Understood understood) {
    Action action = understood.action();
    Wishes wishes = understood.wishes();
    List<String> command =
        switch (action) {
          case QUANTIZE -> quantize(wishes);
          default -> command(action, wishes);
        };
    if (action == Action.EXIT) {
      throw new InputException("the prompt stays open", "'exit' or Ctrl-D leaves it");
    }
    if (!command.getFirst().startsWith("-") && !commands.contains(command.getFirst())) {
      throw new InputException(
          "LQMF has no command for that yet (" + command.getFirst() + ")",
          "'help' lists the commands");
    }
    List<String> explanation = explain(understood);
    boolean confirm =
        action == Action.QUANTIZE || action.destroys() || !understood.leftover().isEmpty();
    return new Meaning(explanation, command, confirm);
  }

  private static List<String> command(Action action, Wishes wishes) {
    List<String> models = wishes.models().stream().map(ModelReference::name).toList();
    String argument = wishes.argument().orElse("");
    return switch (action) {
      case QUANTIZE -> throw new IllegalArgumentException("has its own rules");
      case PLAN -> plan(wishes);
      case RUN -> with(with(List.of("run"), models), optional(argument));
      case TEST -> with(List.of("test"), models);
      case EVALUATE -> with(List.of("eval"), models);
      case COMPARE -> with(List.of("eval"), models);
      case BENCHMARK -> with(List.of("bench"), models);
      case INSPECT -> with(List.of("inspect"), models);
      case CHECK -> with(List.of("check"), models);
      case TEST_LIST -> List.of("test", "list");
      case TYPES -> List.of("types");
      case EXPERIMENTS ->
          argument.isEmpty()
              ? List.of("experiments", "list")
              : List.of("experiments", "list", "--status", argument);
      case SHOW_EXPERIMENT -> List.of("experiments", "show", argument);
      case DELETE_EXPERIMENT -> List.of("experiments", "delete", argument);
      case COMPARE_EXPERIMENTS ->
          with(List.of("experiments", "compare"), Arrays.asList(argument.split(" ")));
      case SEARCH_EXPERIMENTS -> List.of("experiments", "search", argument);
      case STATS -> List.of("stats");
      case HUB_LOGIN -> List.of("hf", "login");
      case HUB_LOGOUT -> List.of("hf", "logout");
      case HUB_STATUS -> List.of("hf", "status");
      case LLM_STATUS -> List.of("llm", "status");
      case LLM_SWITCH -> List.of("llm", "switch", argument);
      case LLM_MODEL -> List.of("llm", "model", argument);
      case LLM_TEST -> List.of("llm", "test");
      case SYSTEM -> List.of("system");
      case CONFIG -> List.of("config");
      case JOBS -> List.of("jobs");
      case RESUME -> with(List.of("resume"), optional(argument));
      case HELP -> with(List.of("help"), optional(argument));
      case VERSION -> List.of("--version");
      case EXIT -> List.of("exit");
    };
  }

  /** A budget decides the type, unless the line names one. */
  private static boolean isPlanned(Wishes wishes) {
    return wishes.budget().isPresent() && wishes.types().isEmpty();
  }

  /** As people write it, if that says the same. */
  private static String size(long bytes) {
    return bytes % GIGABYTE == 0 ? bytes / GIGABYTE + "GB" : Long.toString(bytes);
  }

  private static List<String> fit(Wishes wishes) {
    List<String> options = new ArrayList<>();
    wishes.budget().ifPresent(bytes -> options.addAll(List.of("--fit", size(bytes))));
    wishes.context().ifPresent(n -> options.addAll(List.of("--ctx", Integer.toString(n))));
    wishes.device().ifPresent(d -> options.addAll(List.of("--target", lowerCase(d))));
    wishes.bits().ifPresent(bits -> options.addAll(List.of("--bits", Integer.toString(bits))));
    wishes.quality().ifPresent(q -> options.addAll(List.of("--quality", lowerCase(q))));
    return options;
  }

  private static List<String> plan(Wishes wishes) {
    List<String> command = new ArrayList<>(List.of("plan"));
    wishes.models().forEach(model -> command.add(model.name()));
    wishes.method().ifPresent(method -> command.addAll(List.of("--method", method)));
    if (!wishes.types().isEmpty()) {
      command.addAll(List.of("--type", String.join(",", wishes.types())));
    }
    command.addAll(fit(wishes));
    return command;
  }

  private static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static List<String> quantize(Wishes wishes) {
    List<String> command = new ArrayList<>(List.of("quantize"));
    wishes.models().forEach(model -> command.add(model.name()));
    List<String> fourBits = wishes.types().stream().filter(DecisionInterpreter::isFourBit).toList();
    String method = wishes.method().orElse(GgufMethod.NAME);
    command.addAll(List.of("--method", method));
    if (isPlanned(wishes)) {
      command.addAll(fit(wishes));
      return command;
    }
    switch (method) {
      case GgufMethod.NAME ->
          command.addAll(
              List.of(
                  "--type",
                  wishes.types().isEmpty()
                      ? type(wishes).name()
                      : String.join(",", wishes.types())));
      case BnbMethod.NAME -> {
        command.addAll(List.of("--bits", Integer.toString(wishes.bits().orElse(4))));
        if (!fourBits.isEmpty()) {
          command.addAll(List.of("--quant-type", fourBits.getFirst().toLowerCase(Locale.ROOT)));
        }
      }
      default ->
          wishes
              .bits()
              .ifPresent(bits -> command.addAll(List.of("--bits", Integer.toString(bits))));
    }
    return command;
  }

  private static boolean isFourBit(String type) {
    return type.equals("NF4") || type.equals("FP4");
  }

  /** The usual type for so many bits, or for what matters most. */
  private static GgufFileType type(Wishes wishes) {
    if (wishes.bits().isPresent()) {
      return switch (wishes.bits().getAsInt()) {
        case 2 -> GgufFileType.Q2_K;
        case 3 -> GgufFileType.Q3_K_M;
        case 4 -> GgufFileType.Q4_K_M;
        case 5 -> GgufFileType.Q5_K_M;
        case 6 -> GgufFileType.Q6_K;
        case 8 -> GgufFileType.Q8_0;
        case 16 -> GgufFileType.F16;
        default ->
            throw new InputException(
                "no GGUF type has " + wishes.bits().getAsInt() + " bits",
                "ask for 2, 3, 4, 5, 6 or 8 bits, or name a type; 'types' lists them");
      };
    }
    return switch (wishes.quality().orElse(Quality.BALANCED)) {
      case SMALLEST -> GgufFileType.Q3_K_M;
      case BALANCED -> QuantizeGuide.RECOMMENDED;
      case BEST -> GgufFileType.Q8_0;
    };
  }

  private static List<String> explain(Decision.Understood understood) {
    Wishes wishes = understood.wishes();
    List<String> lines = new ArrayList<>();
    for (ModelReference model : wishes.models()) {
      if (model.source() != ModelReference.Source.TYPED) {
        lines.add(
            "'"
                + model.typed()
                + "' is taken for "
                + model.name()
                + (model.others().isEmpty() ? "" : "; or " + String.join(", ", model.others())));
      }
    }
    if (!understood.leftover().isEmpty()) {
      lines.add("not understood: " + String.join(" ", understood.leftover()));
    }
    if (understood.advised()) {
      lines.add("a language model understood the line so; look at it twice");
    }
    if (understood.action() == Action.QUANTIZE) {
      wishes
          .budget()
          .ifPresent(
              bytes ->
                  lines.add(
                      isPlanned(wishes)
                          ? "the type that the planner recommends for " + Units.bytes(bytes)
                          : "whether it fits into "
                              + Units.bytes(bytes)
                              + " is not checked; 'plan' with the same words checks it"));
      if (wishes.device().equals(Optional.of(Device.CPU)) && wishes.method().isEmpty()) {
        lines.add("a GGUF, because it runs on CPUs");
      }
    }
    return lines;
  }

  private static List<String> optional(String argument) {
    return argument.isEmpty() ? List.of() : List.of(argument);
  }

  private static List<String> with(List<String> first, List<String> more) {
    List<String> all = new ArrayList<>(first);
    all.addAll(more);
    return all;
  }
}
