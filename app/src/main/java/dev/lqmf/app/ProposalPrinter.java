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

/**
 * Shows a proposal.
 *
 * @param saved the file that the recommended plan is in
 */
record ProposalPrinter(Proposal proposal, Optional<Path> saved) {

  void print(Terminal terminal) {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    Plan best = proposal.recommended();
    out.printf(
        Locale.ROOT,
        "%s, within %s of %s memory (%s), %,d tokens of context%s%n%n",
        style.bold(best.model()),
        Units.bytes(best.budget().bytes()),
        best.budget().device(),
        best.budget().source(),
        best.context(),
        best.cache() == CacheType.F16 ? "" : " in " + best.cache());
    Table table =
        new Table(
            "",
            "method",
            "type",
            ">file",
            ">memory",
            ">= weights",
            ">+ cache",
            ">+ compute",
            ">+ reserve",
            "fits",
            "quality",
            ">time");
    row(table, "recommended", best);
    proposal.smaller().ifPresent(plan -> row(table, "smaller", plan));
    proposal.better().ifPresent(plan -> row(table, "better", plan));
    terminal.print(table);
    out.println();
    out.println(best.type() + ": " + best.reason() + ".");
    proposal.smaller().ifPresent(plan -> out.println(plan.type() + ": " + plan.reason() + "."));
    proposal.better().ifPresent(plan -> out.println(plan.type() + ": " + plan.reason() + "."));
    out.println(expectation(best.evidence()));
    proposal.notes().forEach(note -> out.println("Note: " + note + "."));
    saved.ifPresent(file -> out.println("Saved in " + file + "."));
    out.println("Make it: lqmf " + String.join(" ", command(best)));
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

  private static void row(Table table, String place, Plan plan) {
    MemoryUse memory = plan.memory();
    table.row(
        place,
        plan.method(),
        plan.type(),
        (plan.exact() ? "" : "≤ ") + Units.bytes(plan.fileBytes()),
        Units.bytes(memory.total()),
        Units.bytes(memory.weights()),
        Units.bytes(memory.cache()),
        Units.bytes(memory.compute()),
        Units.bytes(memory.reserve()),
        plan.fits() ? "yes" : "no",
        plan.quality().name().toLowerCase(Locale.ROOT),
        Units.duration(plan.time()));
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
