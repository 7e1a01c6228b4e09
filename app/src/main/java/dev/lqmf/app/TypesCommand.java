package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.QuantMethods;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixTypes;
import dev.lqmf.tensor.TensorType;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lqmf types}: what can be chosen, and when to choose it. */
@Command(
    name = "types",
    header = "Explains the types a model can be quantized to.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n")
final class TypesCommand implements Runnable {
  private final Terminal terminal;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  TypesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    if (json) {
      printJson();
    } else {
      print();
    }
  }

  private void print() {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    out.println(style.bold("Methods") + ", for --method");
    Table methods = new Table("method", "what it makes");
    QuantMethods.all().forEach(m -> methods.row(m.name(), m.advice()));
    terminal.print(methods);
    out.println();
    Table options = new Table("method", "option", "default", "what it is");
    QuantMethods.all().stream()
        .flatMap(m -> m.plugin().stream())
        .forEach(
            m ->
                m.options()
                    .forEach(
                        o -> options.row(m.name(), o.name(), o.defaultValue(), o.description())));
    if (!options.isEmpty()) {
      out.println(style.bold("Options of plugins") + ", for --option");
      terminal.print(options);
      out.println();
    }
    out.println(style.bold("Types of files") + ", for --type");
    Table files =
        new Table(
            "type",
            ">bits per weight",
            ">" + ReferenceModel.NAME,
            "what it is, and when to choose it");
    for (GgufFileType type : GgufFileType.values()) {
      files.row(
          type.name(),
          Units.decimal(bitsPerWeight(type)),
          Units.bytes(ReferenceModel.bytes(type)),
          type.advice());
    }
    terminal.print(files);
    out.println();
    terminal.say(
        "Not sure? Take Q4_K_M. If it leaves room in memory, take the largest type that fits, with a"
            + " GB or two left over for the context; Q8_0 is as good as the original. If it does not"
            + " fit, go down to Q3_K_M before taking a smaller model. An importance matrix"
            + " (--imatrix) improves every type below 6 bits.");
    out.println();
    terminal.say(
        style.bold("Types of single tensors")
            + ", for --tensor-type, --output-tensor-type and --token-embedding-type");
    Table tensors = new Table("type", ">bits per weight", ">weights in a block");
    for (TensorType type : tensorTypes()) {
      tensors.row(
          type.name(),
          Units.decimal(type.bitsPerWeight()),
          type.isQuantized() ? Integer.toString(type.blockElements()) : "");
    }
    terminal.print(tensors);
  }

  private static double bitsPerWeight(GgufFileType type) {
    return 8.0 * ReferenceModel.bytes(type) / ReferenceModel.elements();
  }

  private static List<TensorType> tensorTypes() {
    return MixTypes.encodable().stream()
        .sorted(Comparator.comparingDouble(TensorType::bitsPerWeight).reversed())
        .toList();
  }

  private void printJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("methods", QuantMethods.all().stream().map(TypesCommand::json).toList());
    object.put("reference_model", ReferenceModel.NAME);
    object.put("file_types", Arrays.stream(GgufFileType.values()).map(TypesCommand::json).toList());
    object.put("tensor_types", tensorTypes().stream().map(TypesCommand::json).toList());
    JsonOutput.print(terminal.out(), object);
  }

  private static Map<String, Object> json(QuantMethods.Entry method) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", method.name());
    object.put("advice", method.advice());
    return object;
  }

  private static Map<String, Object> json(GgufFileType type) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", type.name());
    object.put("default_tensor_type", type.defaultType().name());
    object.put("reference_bits_per_weight", bitsPerWeight(type));
    object.put("reference_bytes", ReferenceModel.bytes(type));
    object.put("advice", type.advice());
    return object;
  }

  private static Map<String, Object> json(TensorType type) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", type.name());
    object.put("bits_per_weight", type.bitsPerWeight());
    object.put("block_elements", type.blockElements());
    object.put("block_bytes", type.blockBytes());
    return object;
  }
}
