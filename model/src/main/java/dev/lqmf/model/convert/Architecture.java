package dev.lqmf.model.convert;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * How the checkpoints of a family become GGUF files, as a table: which metadata they have, what
 * becomes of each tensor, and where the vocabulary is.
 */
public final class Architecture {
  private final String name;
  private final ParameterRule first;
  private final List<ParameterRule> parameters;
  private final ConstantRule constants;
  private final Map<String, TensorRule> tensors;
  private final Predicate<GgufReading> readable;
  private final List<ConfigReader> readers;
  private final Map<String, String> leftOut;
  private final List<TensorNotes> tensorNotes;
  private final VocabularyRule vocabulary;

  /** Writes some of the metadata of the model's shape. */
  @FunctionalInterface
  public interface ParameterRule {
    void write(ModelContext context, MetadataCollector out) throws IOException;
  }

  /** Reads some of a GGUF's metadata back into configuration keys. */
  @FunctionalInterface
  public interface ConfigReader {
    /**
     * @param config collects whole numbers, doubles, truth values, texts, lists and maps by key
     */
    void read(GgufReading gguf, Map<String, Object> config) throws IOException;
  }

  /** Tensors that come first and are computed, by GGUF name. */
  @FunctionalInterface
  public interface ConstantRule {
    Map<String, float[]> of(ModelContext context);
  }

  /** Notes what the user should know because of the tensors that there are, or are not. */
  @FunctionalInterface
  public interface TensorNotes {
    /**
     * @param tensors by GGUF name
     */
    void note(ModelContext context, Set<String> tensors);
  }

  /** Writes the tokenizer's metadata. */
  @FunctionalInterface
  public interface VocabularyRule {
    void write(ModelContext context, MetadataCollector out) throws IOException;
  }

  private Architecture(Builder builder) {
    this.name = builder.name;
    this.first = builder.first;
    this.parameters = List.copyOf(builder.parameters);
    this.constants = builder.constants;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(builder.tensors));
    this.readable = builder.readable;
    this.readers = List.copyOf(builder.readers);
    this.leftOut = Map.copyOf(builder.leftOut);
    this.tensorNotes = List.copyOf(builder.tensorNotes);
    this.vocabulary = builder.vocabulary;
  }

  /**
   * Begins a table.
   *
   * @param name {@code general.architecture}
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** {@code general.architecture}. */
  public String name() {
    return name;
  }

  /** Whether a GGUF of this {@link #name} is one of the table's models. */
  public boolean isRead(GgufReading gguf) {
    return gguf.architecture().equals(name) && readable.test(gguf);
  }

  /**
   * Reads a GGUF's metadata back into configuration keys.
   *
   * @param config collects them; names the model class already
   */
  public void read(GgufReading gguf, Map<String, Object> config) throws IOException {
    for (ConfigReader reader : readers) {
      reader.read(gguf, config);
    }
  }

  /** Writes the few keys that stand before all others. */
  public void writeFirst(ModelContext context, MetadataCollector out) throws IOException {
    first.write(context, out);
  }

  /** Writes the metadata of the model's shape. */
  public void writeParameters(ModelContext context, MetadataCollector out) throws IOException {
    for (ParameterRule rule : parameters) {
      rule.write(context, out);
    }
  }

  /** Tensors that are computed, by GGUF name. */
  public Map<String, float[]> constants(ModelContext context) {
    return constants.of(context);
  }

  /** Why tensors are left out whose names begin so. */
  Map<String, String> leftOut() {
    return leftOut;
  }

  /**
   * Notes what there is to say about the tensors of a whole GGUF.
   *
   * @param names by which it has them
   */
  void noteTensors(ModelContext context, Set<String> names) {
    tensorNotes.forEach(rule -> rule.note(context, names));
  }

  /** Rules by pattern. */
  Map<String, TensorRule> tensors() {
    return tensors;
  }

  /** Writes the tokenizer's metadata. */
  public void writeVocabulary(ModelContext context, MetadataCollector out) throws IOException {
    vocabulary.write(context, out);
  }

  /** Collects a table, line by line. */
  public static final class Builder {
    private final String name;
    private Predicate<GgufReading> readable = _ -> true;
    private final List<ConfigReader> readers = new ArrayList<>();
    private ParameterRule first = (_, _) -> {};
    private final List<ParameterRule> parameters = new ArrayList<>();
    private final Map<String, TensorRule> tensors = new LinkedHashMap<>();
    private final Map<String, String> leftOut = new LinkedHashMap<>();
    private final List<TensorNotes> tensorNotes = new ArrayList<>();
    private List<String> prefixes = List.of("");
    private ConstantRule constants = _ -> Map.of();
    private VocabularyRule vocabulary =
        (context, _) -> {
          throw new InputException(
              context.files().directory() + " has no tokenizer that is known", "use another model");
        };

    private Builder(String name) {
      this.name = name;
    }

    /** How to read a GGUF back into a configuration, later lines over earlier ones. */
    public Builder reads(ConfigReader... lines) {
      readers.addAll(List.of(lines));
      return this;
    }

    /** Which GGUF files to read so, where several tables share a name. */
    public Builder readsIf(Predicate<GgufReading> condition) {
      readable = condition;
      return this;
    }

    /** What to write before everything else, as the converter does while it computes tensors. */
    public Builder first(ParameterRule rule) {
      first = rule;
      return this;
    }

    /** What to write about the model's shape, in this order. */
    public Builder parameters(ParameterRule... rules) {
      parameters.addAll(List.of(rules));
      return this;
    }

    public Builder constants(ConstantRule rule) {
      constants = rule;
      return this;
    }

    public Builder vocabulary(VocabularyRule rule) {
      vocabulary = rule;
      return this;
    }

    /** What the patterns of the lines that follow may begin with. */
    public Builder prefixes(String... alternatives) {
      prefixes = List.of(alternatives);
      return this;
    }

    /** Lines that several tables share. */
    public Builder with(Consumer<Builder> lines) {
      lines.accept(this);
      return this;
    }

    public Builder tensor(String from, String to) {
      return tensor(from, to, Transform.IDENTITY);
    }

    public Builder tensor(String from, String to, Transform transform) {
      return tensor(from, to, transform, "");
    }

    /**
     * A tensor that goes to where another line's goes too.
     *
     * @param beside a GGUF tensor, with its suffix, that such models have and the others do not
     */
    public Builder tensorBeside(String from, String to, String beside) {
      return tensor(from, to, Transform.IDENTITY, beside);
    }

    private Builder tensor(String from, String to, Transform transform, String beside) {
      prefixes.forEach(p -> add(p + from, new TensorRule.Rename(p + from, to, transform, beside)));
      return this;
    }

    /** A tensor of which the checkpoint may have several, all the same: the first one counts. */
    public Builder once(String from, String to) {
      prefixes.forEach(p -> add(p + from, new TensorRule.Once(p + from, to)));
      return this;
    }

    /**
     * Tensors that GGUF has no place for although they mean something.
     *
     * @param note what the user should know if there are any
     * @param begin how their names begin, whatever the prefixes are
     */
    public Builder leaveOut(String note, String... begin) {
      for (String name : begin) {
        leftOut.put(name, note);
      }
      return this;
    }

    public Builder tensorNotes(TensorNotes... rules) {
      tensorNotes.addAll(List.of(rules));
      return this;
    }

    /**
     * Tensors without which the model would be another.
     *
     * @param reason why they cannot be stored: a clause without a full stop
     */
    public Builder refuse(String reason, String... patterns) {
      for (String from : patterns) {
        prefixes.forEach(p -> add(p + from, new TensorRule.Refuse(p + from, reason)));
      }
      return this;
    }

    public Builder drop(String... patterns) {
      for (String from : patterns) {
        prefixes.forEach(p -> add(p + from, new TensorRule.Drop(p + from)));
      }
      return this;
    }

    /** See {@link TensorRule.Stack}. */
    public Builder experts(String from, String count, TensorRule.Part... parts) {
      for (String p : prefixes) {
        TensorRule rule = new TensorRule.Stack(p + from, count, List.of(parts));
        for (TensorRule.Part part : parts) {
          add((p + from).replace("{part}", part.name()), rule);
        }
      }
      return this;
    }

    private void add(String pattern, TensorRule rule) {
      if (tensors.put(pattern, rule) != null) {
        throw new IllegalStateException(name + " has two rules for " + pattern);
      }
    }

    public Architecture build() {
      return new Architecture(this);
    }
  }
}
