package dev.lqmf.factory.feedback;

import dev.lqmf.factory.feedback.TestReport.Answer;
import dev.lqmf.factory.machine.GpuUse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Reports for programs, as {@code docs/benchmark.schema.json} describes them. */
public final class TestJson {
  /** Raised when what is there already gets another meaning. */
  private static final int VERSION = 1;

  private TestJson() {}

  /** A report, as maps, lists, strings, numbers and booleans. */
  public static Map<String, Object> of(TestReport report, Instant testedAt) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("version", VERSION);
    object.put("tested_at", testedAt.truncatedTo(ChronoUnit.SECONDS).toString());
    object.put("model", of(report.model()));
    object.put("mode", report.mode());
    object.put("outcome", report.outcome().name().toLowerCase(Locale.ROOT));
    report.reason().ifPresent(r -> object.put("reason", r));
    if (!report.notes().isEmpty()) {
      object.put("notes", report.notes());
    }
    if (report.answers().isEmpty()) {
      return object;
    }
    object.put("runtime", report.runtime());
    object.put("load_seconds", report.loadSeconds());
    object.put("first_text_seconds", report.firstTextSeconds());
    object.put("prompt_tokens_per_second", report.promptTokensPerSecond());
    object.put("tokens_per_second", report.tokensPerSecond());
    report.speed().ifPresent(s -> object.put("speed", of(s)));
    object.put("resources", of(report.resources()));
    Map<String, Object> scores = new LinkedHashMap<>();
    scores.put("coherence", report.coherence());
    scores.put("diversity", report.diversity());
    scores.put("score", report.score());
    report.rouge().ifPresent(r -> scores.put("rouge_l", r));
    report.heldOut().ifPresent(h -> scores.put("prediction", h.prediction()));
    report
        .heldOut()
        .flatMap(HeldOut::closeness)
        .ifPresent(c -> scores.put("fidelity", c.sameTop()));
    object.put("scores", scores);
    report.heldOut().ifPresent(h -> object.put("held_out", of(h)));
    object.put("answers", report.answers().stream().map(TestJson::of).toList());
    return object;
  }

  /** A model. */
  public static Map<String, Object> of(FoundModel model) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", model.name());
    object.put("path", model.path().toString());
    object.put("method", model.method());
    object.put("format", model.format());
    object.put("architecture", model.architecture());
    object.put("bytes", model.bytes());
    if (model.problem().isEmpty()) {
      object.put("file_bytes", model.fileBytes());
    }
    model.bitsPerWeight().ifPresent(b -> object.put("bits_per_weight", b));
    object.put("files", model.files());
    model.problem().ifPresent(p -> object.put("problem", p));
    return object;
  }

  private static Map<String, Object> of(Speed speed) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("runs", speed.runs());
    object.put("first_text_seconds", of(speed.firstText()));
    object.put("prompt_tokens_per_second", of(speed.prompt()));
    object.put("tokens_per_second", of(speed.decode()));
    return object;
  }

  private static Map<String, Object> of(Spread spread) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("median", spread.median());
    object.put("min", spread.min());
    object.put("max", spread.max());
    return object;
  }

  private static Map<String, Object> of(Resources resources) {
    Map<String, Object> object = new LinkedHashMap<>();
    resources.peakBytes().ifPresent(b -> object.put("peak_bytes", b));
    resources.meanBytes().ifPresent(b -> object.put("mean_bytes", b));
    resources.cores().ifPresent(c -> object.put("cores", c));
    object.put("processors", resources.processors());
    resources.gpu().ifPresent(g -> object.put("gpu", of(g)));
    return object;
  }

  private static Map<String, Object> of(GpuUse gpu) {
    Map<String, Object> object = new LinkedHashMap<>();
    gpu.peakBytes().ifPresent(b -> object.put("peak_bytes", b));
    gpu.meanBytes().ifPresent(b -> object.put("mean_bytes", b));
    gpu.busiest().ifPresent(u -> object.put("use", u));
    return object;
  }

  private static Map<String, Object> of(HeldOut heldOut) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("perplexity", heldOut.perplexity());
    object.put("error", heldOut.error());
    object.put("predictions", heldOut.predictions());
    object.put("vocabulary", heldOut.vocabulary());
    heldOut
        .closeness()
        .ifPresent(
            c -> {
              object.put("divergence", c.divergence());
              object.put("same_top", c.sameTop());
              c.selfPerplexity().ifPresent(p -> object.put("self_perplexity", p));
            });
    return object;
  }

  private static Map<String, Object> of(Answer answer) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("category", answer.prompt().category());
    object.put("prompt", answer.prompt().text());
    object.put("text", answer.text());
    answer.failure().ifPresent(f -> object.put("failure", f));
    object.put("tokens", answer.tokens());
    object.put("first_text_seconds", answer.firstTextSeconds());
    object.put("prompt_tokens_per_second", answer.promptTokensPerSecond());
    object.put("tokens_per_second", answer.tokensPerSecond());
    object.put("words", answer.measures().words());
    object.put("distinct_1", answer.measures().distinct1());
    object.put("distinct_2", answer.measures().distinct2());
    object.put("repetition", answer.measures().repetition());
    object.put("malformed", answer.measures().malformed());
    object.put("consistency", answer.measures().consistency());
    return object;
  }
}
