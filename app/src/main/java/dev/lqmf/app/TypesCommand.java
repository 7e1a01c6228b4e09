package dev.lqmf.app;

import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.quant.mix.GgufFileType;
import java.io.PrintStream;
import picocli.CommandLine.Command;

/** {@code lqmf types}: what can be chosen, and when to choose it. */
@Command(
    name = "types",
    header = "Explains the types a model can be quantized to.",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n")
final class TypesCommand implements Runnable {
  private final Terminal terminal;

  TypesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    Table table = new Table("type", ">bits per weight", "what it is, and when to choose it");
    for (GgufFileType type : GgufFileType.values()) {
      table.row(type.name(), Units.decimal(type.defaultType().bitsPerWeight()), type.advice());
    }
    table.lines(style).forEach(out::println);
  }
}
