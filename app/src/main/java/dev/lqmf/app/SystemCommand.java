package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.llm.LlmAccount;
import dev.lqmf.factory.machine.Gpu;
import dev.lqmf.factory.machine.Machine;
import dev.lqmf.factory.machine.MachineProbe;
import dev.lqmf.hub.HubToken;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lqmf system}: what this machine has to work with. */
@Command(
    name = "system",
    header = "Shows this machine: processor, memory, graphics cards, disk.",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n")
final class SystemCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  SystemCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    Machine machine = MachineProbe.ofProcess(workplace.results()).look();
    Optional<String> token = new HubLogin(workplace).settings().token().map(HubToken::origin);
    Optional<String> provider = workplace.llm().chosen().map(SystemCommand::describe);
    if (json) {
      printJson(machine, token, provider);
    } else {
      print(machine, token, provider);
    }
    return CommandLine.ExitCode.OK;
  }

  private static String describe(LlmAccount account) {
    return account.provider().name()
        + ", "
        + account.model()
        + (account.usable() ? "" : "; no key: set " + account.provider().keyVariable());
  }

  private void print(Machine machine, Optional<String> token, Optional<String> provider)
      throws IOException {
    Table table = new Table("what", "value");
    table.row("system", machine.system());
    table.row("processor", machine.cpu());
    table.row("cores", machine.cores() + ", " + machine.threads() + " threads");
    table.row("memory", share(machine.freeMemoryBytes(), machine.memoryBytes()));
    for (Gpu gpu : machine.gpus()) {
      table.row(
          "GPU " + gpu.index(),
          gpu.name()
              + ", "
              + share(gpu.freeBytes(), gpu.totalBytes())
              + ", driver "
              + gpu.driver());
    }
    if (machine.gpus().isEmpty()) {
      table.row("GPU", "none that NVIDIA's driver knows");
    }
    table.row(
        "disk",
        share(machine.freeDiskBytes(), machine.diskBytes()) + ", for " + workplace.results());
    table.row(
        "Java",
        Runtime.version() + ", heap of at most " + Units.bytes(Runtime.getRuntime().maxMemory()));
    table.row("Hub token", token.orElse("none: lqmf hf login"));
    table.row("language model", provider.orElse("none: lqmf llm"));
    terminal.print(table);
  }

  private static String share(long free, long total) {
    return Units.bytes(free) + " free of " + Units.bytes(total);
  }

  private void printJson(Machine machine, Optional<String> token, Optional<String> provider) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("system", machine.system());
    object.put("cpu", machine.cpu());
    object.put("cores", machine.cores());
    object.put("threads", machine.threads());
    object.put("memory_bytes", machine.memoryBytes());
    object.put("free_memory_bytes", machine.freeMemoryBytes());
    object.put("gpus", machine.gpus().stream().map(SystemCommand::json).toList());
    object.put("disk_bytes", machine.diskBytes());
    object.put("free_disk_bytes", machine.freeDiskBytes());
    object.put("java", Runtime.version().toString());
    object.put("max_heap_bytes", Runtime.getRuntime().maxMemory());
    token.ifPresent(origin -> object.put("hub_token", origin));
    provider.ifPresent(name -> object.put("language_model", name));
    JsonOutput.print(terminal.out(), object);
  }

  private static Map<String, Object> json(Gpu gpu) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("index", gpu.index());
    object.put("name", gpu.name());
    object.put("memory_bytes", gpu.totalBytes());
    object.put("free_memory_bytes", gpu.freeBytes());
    object.put("driver", gpu.driver());
    return object;
  }
}
