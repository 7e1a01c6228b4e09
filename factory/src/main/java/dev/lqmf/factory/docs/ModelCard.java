package dev.lqmf.factory.docs;

import dev.lqmf.factory.bench.BenchStore;
import dev.lqmf.factory.bench.Measured;
import dev.lqmf.factory.plan.CacheType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Writes a model card as the Hugging Face Hub shows it: front matter, how it was made, what was
 * measured, memory, how to run it. What was not measured is not in it.
 */
final class ModelCard {
  private static final int[] CONTEXTS = {2048, 8192, 32_768, 131_072};

  private final Result result;
  private final List<BenchStore.Entry> measured;
  private final Optional<String> baseModel;
  private final StringBuilder text = new StringBuilder();

  /**
   * A card.
   *
   * @param measured what is stored of this very result
   * @param baseModel its id on the hub, {@code org/name}
   */
  ModelCard(Result result, List<BenchStore.Entry> measured, Optional<String> baseModel) {
    this.result = result;
    this.measured = measured;
    this.baseModel = baseModel;
  }

  /** The card in Markdown. */
  String markdown() {
    frontMatter();
    line("# " + result.name());
    line("");
    line(
        "%s of %s, made with LQMF: %s bits per weight, %s MB of weights."
            .formatted(
                result.type(),
                baseModel
                    .map(b -> "[%s](https://huggingface.co/%s)".formatted(b, b))
                    .orElse(result.model()),
                format("%.2f", result.summary().path("bitsPerWeight").asDouble()),
                megabytes(result.summary().path("tensorBytes").asLong())));
    origin();
    quality();
    memory();
    usage();
    return text.toString();
  }

  private void frontMatter() {
    line("---");
    baseModel.ifPresent(
        base -> {
          line("base_model: " + base);
          line("base_model_relation: quantized");
        });
    if (!result.isGguf()) {
      line("library_name: transformers");
    }
    line("tags:");
    line("- " + (result.method().equals("bnb") ? "bitsandbytes" : result.method()));
    line("- quantized");
    line("- lqmf");
    line("---");
    line("");
  }

  private void origin() {
    heading("How it was made");
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Method", result.method());
    facts.put("Type", result.type());
    result
        .recipe()
        .properties()
        .forEach(
            p -> {
              if (!List.of("method", "fileType", "model", "source").contains(p.getKey())
                  && !(p.getValue().isContainer() && p.getValue().isEmpty())) {
                facts.put("`" + p.getKey() + "`", cell(p.getValue()));
              }
            });
    facts.put("Fingerprint of the original", "`" + result.recipe().path("source").asString() + "`");
    facts.put("Recipe (SHA-256)", "`" + result.summary().path("recipeHash").asString() + "`");
    line("| | |");
    line("|---|---|");
    facts.forEach((name, value) -> line("| %s | %s |".formatted(name, value)));
    line("");
    line("The same recipe gives the same bytes; `recipe.json` has it whole.");
  }

  private static String cell(JsonNode value) {
    String shown = value.isString() ? value.asString() : value.toString();
    return shown.replace("|", "\\|").replace("\n", " ");
  }

  private void quality() {
    List<String> rows = new ArrayList<>();
    result.test().ifPresent(test -> rows.addAll(rows(test)));
    measured.forEach(entry -> rows.addAll(rows(entry)));
    if (rows.isEmpty()) {
      return;
    }
    heading("What was measured");
    line("| figure | value | ± error | how | date |");
    line("|---|---:|---:|---|---|");
    rows.forEach(this::line);
  }

  /** What {@code lqmf quantize} found when it tried the result. */
  private static List<String> rows(JsonNode test) {
    List<String> rows = new ArrayList<>();
    String date = test.path("tested_at").asString("").replaceFirst("T.*", "");
    if (!test.path("outcome").asString("").equals("passed")) {
      rows.add(
          "| test | %s | | %s | %s |"
              .formatted(test.path("outcome").asString(""), cell(test.path("reason")), date));
      return rows;
    }
    JsonNode heldOut = test.path("held_out");
    String how =
        "first test: WikiText-2 test, %,d predictions"
            .formatted(heldOut.path("predictions").asInt(0));
    if (heldOut.has("perplexity")) {
      rows.add(
          row(
              "perplexity",
              heldOut.path("perplexity").asDouble(),
              heldOut.path("error").asDouble(),
              how,
              date));
    }
    if (heldOut.has("divergence")) {
      rows.add(
          "| KL divergence from the original, nats | %s | | %s | %s |"
              .formatted(format("%.5g", heldOut.path("divergence").asDouble()), how, date));
      rows.add(
          "| same likeliest token as the original | %s | | %s | %s |"
              .formatted(format("%.5g", heldOut.path("same_top").asDouble()), how, date));
    }
    return rows;
  }

  private static List<String> rows(BenchStore.Entry entry) {
    List<String> rows = new ArrayList<>();
    Map<String, String> settings = entry.key().settings();
    switch (entry.result()) {
      case Measured.Predictions p -> {
        String text = settings.getOrDefault("text", "");
        // A hash stands for a text of the user's own.
        String how =
            "%s, %,d predictions"
                .formatted(
                    text.length() == 64 ? "text `%s…`".formatted(text.substring(0, 12)) : text,
                    p.predictions());
        rows.add(row(entry, "perplexity", p.perplexity().value(), p.perplexity().error(), how));
        p.distance()
            .ifPresent(
                d -> {
                  rows.add(
                      row(
                          entry,
                          "KL divergence from the baseline, nats",
                          d.divergence().value(),
                          d.divergence().error(),
                          how));
                  rows.add(
                      row(
                          entry,
                          "same likeliest token as the baseline",
                          d.sameTop().value(),
                          d.sameTop().error(),
                          how));
                });
      }
      case Measured.Accuracy a -> {
        String how = "%d multiple-choice questions".formatted(a.questions());
        rows.add(row(entry, "accuracy", a.plain().value(), a.plain().error(), how));
        rows.add(
            row(
                entry,
                "accuracy, per character",
                a.normalized().value(),
                a.normalized().error(),
                how));
      }
      case Measured.Speed s -> {
        String how =
            "%s, %s, %s processors"
                .formatted(
                    s.runtime(),
                    settings.getOrDefault("machine", ""),
                    settings.getOrDefault("processors", "?"));
        rows.add(row(entry, "tokens/s", s.decode(), (s.fastest() - s.slowest()) / 2, how));
      }
      case Measured.Answers _ -> {
        // Texts, no figure.
      }
    }
    return rows;
  }

  private static String row(
      BenchStore.Entry entry, String figure, double value, double error, String how) {
    return row(figure, value, error, how, entry.measuredAt().toString().substring(0, 10));
  }

  private static String row(String figure, double value, double error, String how, String date) {
    return "| %s | %s | %s | %s | %s |"
        .formatted(
            figure, format("%.5g", value), format(error < 100 ? "%.2g" : "%.0f", error), how, date);
  }

  private void memory() {
    if (result.memory().isEmpty()) {
      return;
    }
    Result.Memory memory = result.memory().get();
    heading("Memory");
    line("Computed: weights, with keys and values in 16 bits; buffers come on top.");
    line("");
    line("| context | weights | keys and values | together |");
    line("|---:|---:|---:|---:|");
    int longest = memory.trainedLength().orElse(CONTEXTS[1]);
    Stream<Integer> shorter = java.util.Arrays.stream(CONTEXTS).filter(c -> c < longest).boxed();
    Stream.concat(shorter, Stream.of(longest))
        .forEach(
            context -> {
              long cache = memory.model().cacheBytes(context, CacheType.F16);
              line(
                  "| %,d | %s MB | %s MB | %s MB |"
                      .formatted(
                          context,
                          megabytes(memory.weights()),
                          megabytes(cache),
                          megabytes(memory.weights() + cache)));
            });
  }

  private void usage() {
    heading("How to run it");
    String name = result.name();
    if (result.isGguf()) {
      String file = result.weights().getFirst();
      code("llama.cpp", "sh", "llama-cli -m %s -p \"Hello\"".formatted(file));
      if (result.weights().size() == 1) {
        code(
            "Ollama",
            "sh",
            "ollama create %s -f Modelfile\nollama run %s"
                .formatted(name.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT)));
      }
    } else if (result.memory().map(Result.Memory::continuesText).orElse(false)) {
      code(
          "Transformers",
          "python",
          """
          from transformers import AutoModelForCausalLM, AutoTokenizer

          model = AutoModelForCausalLM.from_pretrained("%s", device_map="auto")
          tokenizer = AutoTokenizer.from_pretrained("%s")
          inputs = tokenizer("Hello", return_tensors="pt").to(model.device)
          print(tokenizer.decode(model.generate(**inputs, max_new_tokens=50)[0]))"""
              .formatted(name, name));
      code("vLLM", "sh", "vllm serve " + name);
    }
    code("LQMF", "sh", "lqmf run %s \"Hello\"".formatted(name));
  }

  /** What {@code ollama create} reads; a file that is split it does not take. */
  Optional<String> modelfile() {
    return result.isGguf() && result.weights().size() == 1
        ? Optional.of("FROM ./%s\n".formatted(result.weights().getFirst()))
        : Optional.empty();
  }

  private void heading(String title) {
    line("");
    line("## " + title);
    line("");
  }

  private void code(String title, String language, String code) {
    line("**%s**".formatted(title));
    line("");
    line("```" + language);
    line(code);
    line("```");
    line("");
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private static String megabytes(long bytes) {
    return format(bytes < 100_000_000 ? "%.1f" : "%.0f", bytes / 1e6);
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
