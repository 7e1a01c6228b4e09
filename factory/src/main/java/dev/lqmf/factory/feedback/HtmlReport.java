package dev.lqmf.factory.feedback;

import dev.lqmf.factory.feedback.TestReport.Answer;
import dev.lqmf.factory.machine.GpuUse;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reports as one page that needs nothing else: styles and plots are in it, scripts are not. */
public final class HtmlReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());
  private static final int WIDTH = 800;
  private static final int LABEL = 270;
  private static final int VALUE = 150;
  private static final int PROMPT = 100;
  private static final int ROW = 26;
  private static final int BAR = 16;

  private static final String STYLE =
      """
      :root { color-scheme: light dark; --text: #222; --back: #fff; --rule: #ddd; --box: #f4f4f4;
              --bar: #1a6fb5; --good: #17712b; --bad: #b3261e }
      @media (prefers-color-scheme: dark) {
        :root { --text: #e4e4e4; --back: #17191c; --rule: #3a3d42; --box: #23262a;
                --bar: #4f9fe0; --good: #6fce86; --bad: #ff8a80 }
      }
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto;
             padding: 0 1rem; color: var(--text); background: var(--back) }
      h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
      .wide { overflow-x: auto }
      table { border-collapse: collapse; margin: 1rem 0 }
      th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--rule); text-align: left }
      td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
      .passed { color: var(--good) } .failed { color: var(--bad) }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--box);
            padding: .6rem; font-size: 13px }
      svg { display: block; margin: .5rem 0 1.5rem; max-width: 100%; height: auto }
      svg text { font: 13px system-ui, sans-serif; fill: var(--text) }
      .bar { fill: var(--bar) } .range { stroke: var(--text); stroke-width: 2 }
      .name { white-space: nowrap } .key { font-size: 13px } pre.prompt { background: none; margin: 0 }
      summary { cursor: pointer }
      """;

  private final List<TestReport> reports;

  private HtmlReport(List<TestReport> reports) {
    this.reports = reports;
  }

  /** The page about some reports. */
  public static String of(List<TestReport> reports, Instant time) {
    return new HtmlReport(List.copyOf(reports)).page(time);
  }

  private String page(Instant time) {
    StringBuilder html = new StringBuilder();
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width\">\n")
        .append("<title>LQMF test</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>Test of ")
        .append(reports.size() == 1 ? escape(name(reports.getFirst())) : reports.size() + " models")
        .append("</h1>\n<p>")
        .append(TIME.format(time))
        .append("</p>\n");
    table(html);
    if (reports.stream().anyMatch(r -> !r.answers().isEmpty())) {
      scores(html);
      resources(html);
    }
    chart(
        html,
        "Size (MB)",
        r -> r.model().problem().isEmpty() ? some(r.model().fileBytes() / 1e6) : NONE);
    chart(html, "Tokens per second (the median; the line spans slowest to fastest run)", speed());
    chart(html, "Peak memory of the process (MB)", r -> megabytes(r.resources().peakBytes()));
    chart(
        html,
        "Fidelity (share of predictions with the baseline's likeliest token)",
        r -> r.heldOut().flatMap(HeldOut::closeness).map(c -> some(c.sameTop())).orElse(NONE));
    chart(
        html,
        "Perplexity (lower is better; the line is one standard error)",
        HtmlReport::perplexity);
    reports.forEach(r -> answers(html, r));
    html.append("<h2>How the scores come about</h2>\n<pre>")
        .append(escape(TestReport.FORMULA))
        .append("</pre>\n</body>\n</html>\n");
    return html.toString();
  }

  /** A bar, and the line on it; there is no bar without a value. */
  private record Bar(OptionalDouble value, double from, double to) {}

  private static final Bar NONE = new Bar(OptionalDouble.empty(), 0, 0);

  private static Bar some(double value) {
    return new Bar(OptionalDouble.of(value), value, value);
  }

  private static Bar of(Spread spread) {
    return new Bar(OptionalDouble.of(spread.median()), spread.min(), spread.max());
  }

  private static Bar megabytes(OptionalLong bytes) {
    return bytes.isPresent() ? some(bytes.getAsLong() / 1e6) : NONE;
  }

  private static Function<TestReport, Bar> speed() {
    return r -> r.speed().map(s -> of(s.decode())).orElse(NONE);
  }

  private static Bar perplexity(TestReport report) {
    return report
        .heldOut()
        .map(
            h ->
                new Bar(
                    OptionalDouble.of(h.perplexity()),
                    h.perplexity() - h.error(),
                    h.perplexity() + h.error()))
        .orElse(NONE);
  }

  private void table(StringBuilder html) {
    begin(html, "", List.of("load", "first text", "read", "write"), "<th>result</th>");
    for (TestReport r : reports) {
      boolean ran = !r.answers().isEmpty();
      row(html, r);
      html.append("<td class=\"").append(r.passed() ? "passed" : "failed").append("\">");
      html.append(r.outcome().label()).append("</td>");
      cell(html, ran, "%.1f s", r.loadSeconds());
      cell(html, ran, "%.0f ms", 1000 * r.firstTextSeconds());
      cell(html, ran, "%.0f /s", r.promptTokensPerSecond());
      cell(html, ran, "%.0f /s", r.tokensPerSecond());
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
    html.append(
        "<p class=\"key\">Read and write: tokens of the prompt and of the text per second.</p>\n");
    remarks(html);
  }

  private void resources(StringBuilder html) {
    boolean gpu = reports.stream().anyMatch(r -> r.resources().gpu().isPresent());
    List<String> columns = new ArrayList<>(List.of("memory", "peak", "cpu"));
    if (gpu) {
      columns.addAll(List.of("gpu memory", "gpu peak", "gpu"));
    }
    begin(html, "Memory and processors", columns, "");
    for (TestReport r : reports) {
      if (r.answers().isEmpty()) {
        continue;
      }
      row(html, r);
      OptionalLong mean = r.resources().meanBytes();
      cell(html, mean.isPresent(), "%.0f MB", mean.orElse(0) / 1e6);
      OptionalLong peak = r.resources().peakBytes();
      cell(html, peak.isPresent(), "%.0f MB", peak.orElse(0) / 1e6);
      OptionalDouble use = r.resources().processorUse();
      cell(html, use.isPresent(), "%.0f %%", 100 * use.orElse(0));
      if (gpu) {
        cards(html, r.resources().gpu());
      }
      html.append("</tr>\n");
    }
    html.append(
            "</table></div>\n<p class=\"key\">Memory: resident, in the mean and at its peak, of")
        .append(" the process that runs the model.")
        .append(gpu ? " GPU: memory and use of the cards, whoever used them.</p>\n" : "</p>\n");
  }

  /** The head of a table of models. */
  private static void begin(StringBuilder html, String title, List<String> columns, String more) {
    if (!title.isEmpty()) {
      html.append("<h2>").append(title).append("</h2>\n");
    }
    html.append("<div class=\"wide\"><table>\n<tr><th>model</th><th>format</th>").append(more);
    for (String column : columns) {
      html.append("<th class=\"n\">").append(column).append("</th>");
    }
    html.append("</tr>\n");
  }

  private static void cards(StringBuilder html, Optional<GpuUse> used) {
    for (OptionalLong bytes :
        List.of(
            used.map(GpuUse::meanBytes).orElse(OptionalLong.empty()),
            used.map(GpuUse::peakBytes).orElse(OptionalLong.empty()))) {
      cell(html, bytes.isPresent(), "%.0f MB", bytes.orElse(0) / 1e6);
    }
    OptionalDouble busiest = used.map(GpuUse::busiest).orElse(OptionalDouble.empty());
    cell(html, busiest.isPresent(), "%.0f %%", 100 * busiest.orElse(0));
  }

  /** Why models failed, and what was not measured. */
  private void remarks(StringBuilder html) {
    for (TestReport r : reports) {
      r.reason()
          .ifPresent(
              reason ->
                  html.append("<p class=\"failed\">")
                      .append(escape(name(r) + " " + r.outcome().label() + ": " + reason))
                      .append("</p>\n"));
      r.notes()
          .forEach(
              note -> html.append("<p>").append(escape(name(r) + ": " + note)).append("</p>\n"));
    }
  }

  private void scores(StringBuilder html) {
    // Without a baseline, its columns would hide others beyond the edge.
    boolean compared =
        reports.stream()
            .anyMatch(
                r -> r.rouge().isPresent() || r.heldOut().flatMap(HeldOut::closeness).isPresent());
    List<String> columns = new ArrayList<>(List.of("coherence", "diversity", "score"));
    if (compared) {
      columns.addAll(List.of("ROUGE-L", "own"));
    }
    columns.addAll(List.of("perplexity", "prediction"));
    if (compared) {
      columns.add("fidelity");
    }
    begin(html, "Scores", columns, "");
    for (TestReport r : reports) {
      if (r.answers().isEmpty()) {
        continue;
      }
      row(html, r);
      cell(html, true, "%.2f", r.coherence());
      cell(html, true, "%.2f", r.diversity());
      cell(html, true, "%.2f", r.score());
      Optional<HeldOut> heldOut = r.heldOut();
      OptionalDouble own =
          heldOut
              .flatMap(HeldOut::closeness)
              .map(HeldOut.Closeness::selfPerplexity)
              .orElse(OptionalDouble.empty());
      if (compared) {
        cell(html, r.rouge().isPresent(), "%.2f", r.rouge().orElse(0));
        cell(html, own.isPresent(), "%.2f", own.orElse(0));
      }
      cell(html, heldOut.isPresent(), "%.2f", heldOut.map(HeldOut::perplexity).orElse(0.0));
      cell(html, heldOut.isPresent(), "%.2f", heldOut.map(HeldOut::prediction).orElse(0.0));
      Optional<HeldOut.Closeness> closeness = heldOut.flatMap(HeldOut::closeness);
      if (compared) {
        cell(
            html,
            closeness.isPresent(),
            "%.2f",
            closeness.map(HeldOut.Closeness::sameTop).orElse(0.0));
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private static void row(StringBuilder html, TestReport report) {
    html.append("<tr><td class=\"name\">")
        .append(escape(name(report)))
        .append("</td><td>")
        .append(escape(report.model().format()))
        .append("</td>");
  }

  private static void cell(StringBuilder html, boolean there, String format, double value) {
    html.append("<td class=\"n\">")
        .append(there ? String.format(Locale.ROOT, format, value) : "")
        .append("</td>");
  }

  /** A bar for each model that has a value. */
  private void chart(StringBuilder html, String title, Function<TestReport, Bar> of) {
    List<TestReport> shown = reports.stream().filter(r -> of.apply(r).value().isPresent()).toList();
    double most = shown.stream().mapToDouble(r -> of.apply(r).to()).max().orElse(0);
    if (most <= 0) {
      return;
    }
    int height = ROW * shown.size();
    double scale = (WIDTH - LABEL - VALUE) / most;
    html.append("<h2>").append(title).append("</h2>\n");
    html.append(
        "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">%n"
            .formatted(WIDTH, height, WIDTH, height));
    html.append("<title>").append(title).append("</title>\n");
    for (int i = 0; i < shown.size(); i++) {
      int middle = ROW * i + ROW / 2;
      html.append(text(LABEL - 8, middle, "end", shortened(name(shown.get(i)))));
      bar(html, of.apply(shown.get(i)), middle, scale);
    }
    html.append("</svg>\n");
  }

  private static void bar(StringBuilder html, Bar bar, int middle, double scale) {
    double value = bar.value().orElseThrow();
    html.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"bar\"/>%n",
            LABEL,
            middle - BAR / 2,
            Math.max(1, value * scale),
            BAR));
    String label = number(value);
    if (bar.to() > bar.from()) {
      label += " (%s to %s)".formatted(number(bar.from()), number(bar.to()));
      html.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" class=\"range\"/>%n",
              LABEL + Math.max(0, bar.from()) * scale,
              middle,
              LABEL + bar.to() * scale,
              middle));
    }
    html.append(text(LABEL + bar.to() * scale + 8, middle, "start", label));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  }

  private static String text(double x, int middle, String anchor, String text) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" dominant-baseline=\"central\">%s</text>%n",
        x,
        middle,
        anchor,
        escape(text));
  }

  /** The end of a name tells more than its beginning. */
  private static String shortened(String name) {
    int longest = 34;
    return name.length() <= longest ? name : "…" + name.substring(name.length() - longest + 1);
  }

  private static void answers(StringBuilder html, TestReport report) {
    if (report.answers().isEmpty()) {
      return;
    }
    html.append("<h2>Answers of ").append(escape(name(report))).append("</h2>\n");
    boolean first = true;
    for (Answer answer : report.answers()) {
      html.append(first ? "<details open>" : "<details>")
          .append("<summary>")
          .append(escape(answer.prompt().category()))
          .append(": ")
          .append(escape(beginning(answer.prompt().text())))
          .append("</summary>\n<pre class=\"prompt\">")
          .append(escape(answer.prompt().text()))
          .append("</pre><pre>")
          .append(escape(answer.failure().orElse(answer.text().strip())))
          .append("</pre></details>\n");
      first = false;
    }
  }

  private static String beginning(String prompt) {
    return prompt.length() <= PROMPT
        ? prompt
        : prompt.substring(0, prompt.offsetByCodePoints(0, PROMPT / 2)) + "…";
  }

  private static String name(TestReport report) {
    return report.model().name();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
