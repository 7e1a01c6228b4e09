package dev.lqmf.app.inspect;

import dev.lqmf.app.inspect.Inspection.Fact;
import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.quant.mix.GgufFileType;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * Prints an inspection.
 *
 * @param inspection what to print
 * @param allMetadata whether long values appear in full
 * @param allTensors whether each tensor has a line of its own
 */
public record InspectionPrinter(Inspection inspection, boolean allMetadata, boolean allTensors) {
  /** A value is cut to this many characters unless {@link #allMetadata}. */
  private static final int MAX_VALUE = 60;

  /** An array shows this many elements unless {@link #allMetadata}. */
  private static final int MAX_ELEMENTS = 8;

  /** For people. */
  public void print(Terminal terminal) {
    PrintStream out = terminal.out();
    out.println(terminal.outStyle().bold(Text.printable(inspection.path().toString())));
    out.println(
        inspection.format()
            + ", "
            + Units.bytes(inspection.fileBytes())
            + (inspection.files().size() > 1 ? " in " + inspection.files().size() + " files" : "")
            + ", "
            + inspection.tensors().size()
            + " tensors, "
            + Units.count(inspection.elements())
            + " weights, "
            + Units.decimal(inspection.bitsPerWeight())
            + " bits per weight");
    if (!inspection.metadata().isEmpty()) {
      out.println();
      terminal.print(metadata());
    }
    out.println();
    terminal.print(types());
    out.println();
    terminal.print(allTensors ? tensors() : groups());
  }

  private Table metadata() {
    boolean typed = inspection.metadata().values().stream().anyMatch(f -> !f.type().isEmpty());
    Table table = typed ? new Table("metadata", "type", "value") : new Table("metadata", "value");
    inspection
        .metadata()
        .forEach(
            (key, fact) -> {
              String name = Text.printable(key);
              String value = text(fact.value()) + explanation(key, fact);
              if (typed) {
                table.row(name, fact.type(), value);
              } else {
                table.row(name, value);
              }
            });
    return table;
  }

  private String text(Object value) {
    if (value instanceof List<?> list) {
      return list(list);
    }
    String text = Text.printable(String.valueOf(value));
    return allMetadata ? text : Text.cut(text, MAX_VALUE);
  }

  /** As many elements as fit, whole ones, unless everything was asked for. */
  private String list(List<?> list) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < list.size(); i++) {
      String element = text(list.get(i));
      boolean fits = i < MAX_ELEMENTS && text.length() + element.length() < MAX_VALUE;
      if (i > 0 && !allMetadata && !fits) {
        return text.append(", … ").append(list.size()).append(" in all]").toString();
      }
      text.append(i == 0 ? "" : ", ").append(element);
    }
    return text.append("]").toString();
  }

  /** What a number stands for, where people cannot know. */
  private static String explanation(String key, Fact fact) {
    if (!key.equals("general.file_type")) {
      return "";
    }
    return Arrays.stream(GgufFileType.values())
        .filter(t -> fact.value().equals((long) t.id()))
        .findFirst()
        .map(t -> " (" + t + ")")
        .orElse("");
  }

  private Table types() {
    Map<String, long[]> totals = new TreeMap<>(Inspection.TYPE_ORDER);
    for (Inspection.Tensor tensor : inspection.tensors()) {
      long[] total = totals.computeIfAbsent(tensor.type(), _ -> new long[3]);
      total[0]++;
      total[1] += tensor.shape().elements();
      total[2] += tensor.bytes();
    }
    Table table = new Table("type", ">bits per weight", ">tensors", ">weights", ">size", ">share");
    long all = inspection.tensorBytes();
    totals.forEach(
        (type, total) ->
            table.row(
                type,
                Units.decimal(total[1] == 0 ? 0 : 8.0 * total[2] / total[1]),
                Long.toString(total[0]),
                Units.count(total[1]),
                Units.bytes(total[2]),
                Units.percent((double) total[2] / all)));
    return table;
  }

  private Table groups() {
    Table table = new Table("tensors", ">number", "shape", "type", ">size");
    for (TensorGroups.Group group : TensorGroups.of(inspection.tensors())) {
      table.row(
          Text.printable(group.title()),
          Integer.toString(group.tensors().size()),
          group.shape(),
          group.types(),
          Units.bytes(group.bytes()));
    }
    return table;
  }

  private Table tensors() {
    Table table = new Table("tensor", "shape", "type", ">size");
    for (Inspection.Tensor tensor : inspection.tensors()) {
      table.row(
          Text.printable(tensor.name()),
          tensor.shape().toString(),
          tensor.type(),
          Units.bytes(tensor.bytes()));
    }
    return table;
  }

  /** For programs: one object. */
  public void printJson(PrintStream out) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("path", inspection.path().toString());
    object.put("format", inspection.format());
    object.put("files", inspection.files().stream().map(f -> f.toString()).toList());
    object.put("file_bytes", inspection.fileBytes());
    object.put("tensor_bytes", inspection.tensorBytes());
    object.put("elements", inspection.elements());
    object.put("bits_per_weight", inspection.bitsPerWeight());
    Map<String, Object> metadata = new LinkedHashMap<>();
    inspection.metadata().forEach((key, fact) -> metadata.put(key, json(fact.value())));
    object.put("metadata", metadata);
    object.put("tensors", inspection.tensors().stream().map(InspectionPrinter::json).toList());
    JsonOutput.print(out, object);
  }

  private Object json(Object value) {
    if (!allMetadata && value instanceof List<?> list && list.size() > MAX_ELEMENTS) {
      Map<String, Object> abbreviated = new LinkedHashMap<>();
      abbreviated.put("length", list.size());
      abbreviated.put("first", list.subList(0, MAX_ELEMENTS));
      return abbreviated;
    }
    return value;
  }

  private static Map<String, Object> json(Inspection.Tensor tensor) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", tensor.name());
    object.put("type", tensor.type());
    object.put("shape", LongStream.of(tensor.shape().toArray()).boxed().toList());
    object.put("bytes", tensor.bytes());
    return object;
  }
}
