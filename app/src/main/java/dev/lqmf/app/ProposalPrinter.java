package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.plan.CacheType;
import dev.lqmf.factory.plan.MemoryUse;
import dev.lqmf.factory.plan.Plan;
import dev.lqmf.factory.plan.PlanAdvice;
import dev.lqmf.factory.plan.Predictor;
import dev.lqmf.factory.plan.Proposal;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Shows a proposal.
 *
 * @param saved the file that the recommended plan is in
 * @param advised what a language model says of it
 */
record ProposalPrinter(Proposal proposal, Optional<Path> saved, Optional<Advised> advised) {

  /**
   * What a language model would take.
   *
   * @param provider that was asked
   * @param model of the provider
   * @param advice what it said
   */
  record Advised(String provider, String model, PlanAdvice advice) {}

  void print(Terminal terminal) {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    Plan best = proposal.recommended();
    terminal.say(
        String.format(
            Locale.ROOT,
            "%s, within %s of %s memory (%s), %,d tokens of context%s",
            style.bold(best.model()),
            Units.bytes(best.budget().bytes()),
            best.budget().device(),
            best.budget().source(),
            best.context(),
            best.cache() == CacheType.F16 ? "" : " in " + best.cache()));
    out.println();
    Map<String, Plan> plans = proposal.plans();
    terminal.print(table(plans));
    out.println();
    plans.values().forEach(plan -> terminal.say(plan.type() + ": " + plan.reason() + "."));
    terminal.say(expectation(best.evidence()));
    advised.ifPresent(
        a ->
            terminal.say(
                "Advice of a language model (%s, %s), not checked: %s. %s"
                    .formatted(
                        a.provider(), a.model(), a.advice().plan().type(), a.advice().reason())));
    proposal.notes().forEach(note -> terminal.say("Note: " + note + "."));
    saved.ifPresent(file -> terminal.say("Saved in " + file + "."));
    terminal.say("Make it: lqmf " + String.join(" ", command(best)));
  }

  /** A column for each plan: there are three of these, and a line would be long. */
  private static Table table(Map<String, Plan> plans) {
    Table table =
        new Table(
            Stream.concat(Stream.of(""), plans.keySet().stream().map(name -> ">" + name))
                .toArray(String[]::new));
    Map<String, Function<Plan, String>> facts = new LinkedHashMap<>();
    facts.put("method", Plan::method);
    facts.put("type", Plan::type);
    facts.put("file", plan -> (plan.exact() ? "" : "≤ ") + Units.bytes(plan.fileBytes()));
    facts.put("memory", plan -> Units.bytes(plan.memory().total()));
    facts.put("  weights", plan -> Units.bytes(plan.memory().weights()));
    facts.put("  cache", plan -> Units.bytes(plan.memory().cache()));
    facts.put("  compute", plan -> Units.bytes(plan.memory().compute()));
    facts.put("  reserve", plan -> Units.bytes(plan.memory().reserve()));
    facts.put("fits", plan -> plan.fits() ? "yes" : "no");
    facts.put("quality", plan -> plan.quality().name().toLowerCase(Locale.ROOT));
    facts.put("time", plan -> Units.duration(plan.time()));
    facts.forEach(
        (name, fact) ->
            table.row(
                Stream.concat(Stream.of(name), plans.values().stream().map(fact))
                    .toArray(String[]::new)));
    return table;
  }

  private static String expectation(Predictor.Evidence evidence) {
    return "Expected time: %s; quality: %s."
        .formatted(source(evidence.timed(), "run"), source(evidence.measured(), "result"));
  }

  private static String source(int count, String what) {
    return count == 0
        ? "shipped estimate, no past " + what + "s"
        : "from " + count + " past " + what + (count == 1 ? "" : "s");
  }

  /** The arguments that make a plan's result. */
  static List<String> command(Plan plan) {
    List<String> command = new ArrayList<>(List.of("quantize", plan.input(), "--method"));
    command.add(plan.method());
    switch (plan.method()) {
      case BnbMethod.NAME -> {
        boolean rows = plan.type().equals("INT8");
        command.addAll(List.of("--bits", rows ? "8" : "4"));
        if (!rows) {
          command.addAll(List.of("--quant-type", plan.type().toLowerCase(Locale.ROOT)));
        }
      }
      case GptqMethod.NAME -> command.addAll(List.of("--bits", plan.type().replaceAll("\\D", "")));
      default -> command.addAll(List.of("--type", plan.type()));
    }
    return command;
  }

  void printJson(PrintStream out) {
    Map<String, Object> object = new LinkedHashMap<>();
    Plan best = proposal.recommended();
    object.put("model", best.model());
    object.put("input", best.input());
    object.put("context", best.context());
    object.put("cache_type", best.cache().name());
    object.put(
        "budget",
        Map.of(
            "bytes", best.budget().bytes(),
            "device", best.budget().device().name(),
            "source", best.budget().source()));
    object.put("recommended", json(best));
    proposal.smaller().ifPresent(plan -> object.put("smaller", json(plan)));
    proposal.better().ifPresent(plan -> object.put("better", json(plan)));
    advised.ifPresent(
        a ->
            object.put(
                "advice",
                Map.of(
                    "provider", a.provider(),
                    "model", a.model(),
                    "choice", a.advice().place(),
                    "reason", a.advice().reason())));
    object.put("notes", proposal.notes());
    object.put("command", command(best));
    saved.ifPresent(file -> object.put("saved", file.toString()));
    JsonOutput.print(out, object);
  }

  private static Map<String, Object> json(Plan plan) {
    MemoryUse memory = plan.memory();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("method", plan.method());
    object.put("type", plan.type());
    object.put("file_bytes", plan.fileBytes());
    object.put("exact", plan.exact());
    object.put("bits_per_weight", plan.bitsPerWeight());
    object.put("memory_bytes", memory.total());
    object.put("weights_bytes", memory.weights());
    object.put("cache_bytes", memory.cache());
    object.put("compute_bytes", memory.compute());
    object.put("reserve_bytes", memory.reserve());
    object.put("fits", plan.fits());
    object.put("quality", plan.quality().name());
    object.put("seconds", plan.time().toMillis() / 1000.0);
    object.put("experiments", plan.evidence().timed());
    object.put("measured_experiments", plan.evidence().measured());
    object.put("reason", plan.reason());
    return object;
  }
}
