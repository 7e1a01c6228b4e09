package dev.lqmf.factory.feedback;

import dev.lqmf.factory.feedback.TestReport.Answer;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reports as one page that needs nothing else: styles and plots are in it, scripts are not. */
public final class HtmlReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());
  private static final int WIDTH = 720;
  private static final int LABEL = 260;
  private static final int VALUE = 80;
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
    chart(html, "Size (MB)", r -> some(r.model().bytes() / 1e6));
    chart(
        html, "Text (tokens per second; the line is from the slowest run to the fastest)", speed());
    chart(html, "Peak memory of the process (MB)", r -> megabytes(r.resources().peakBytes()));
    chart(html, "Score (0 to 1)", r -> r.passed() ? some(r.score()) : NONE);
    chart(html, "Perplexity (lower is better)", HtmlReport::perplexity);
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
    html.append(
        "<div class=\"wide\"><table>\n<tr><th>model</th><th>format</th><th>result</th><th class=\"n\">load</th>"
            + "<th class=\"n\">first text</th><th class=\"n\">prompt tokens/s</th>"
            + "<th class=\"n\">tokens/s</th><th class=\"n\">mean memory</th><th class=\"n\">processors</th><th class=\"n\">score</th>"
            + "</tr>\n");
    for (TestReport r : reports) {
      boolean ran = !r.answers().isEmpty();
      html.append("<tr><td>").append(escape(name(r))).append("</td><td>");
      html.append(escape(r.model().format())).append("</td><td class=\"");
      html.append(r.passed() ? "passed" : "failed").append("\">");
      html.append(r.outcome().label());
      r.reason().ifPresent(reason -> html.append(": ").append(escape(reason)));
      html.append("</td>");
      cell(html, ran, "%.1f s", r.loadSeconds());
      cell(html, ran, "%.0f ms", 1000 * r.firstTextSeconds());
      cell(html, ran, "%.0f", r.promptTokensPerSecond());
      cell(html, ran, "%.0f", r.tokensPerSecond());
      OptionalLong mean = r.resources().meanBytes();
      cell(html, mean.isPresent(), "%.0f MB", mean.orElse(0) / 1e6);
      OptionalDouble use = r.resources().processorUse();
      cell(html, use.isPresent(), "%.0f %%", 100 * use.orElse(0));
      cell(html, ran, "%.2f", r.score());
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private static void cell(StringBuilder html, boolean there, String format, double value) {
    html.append("<td class=\"n\">")
        .append(there ? String.format(Locale.ROOT, format, value) : "")
        .append("</td>");
  }

  /** Bars beside each other, if there are any. */
  private void chart(StringBuilder html, String title, Function<TestReport, Bar> of) {
    List<Bar> bars = reports.stream().map(of).toList();
    double most =
        bars.stream().filter(b -> b.value().isPresent()).mapToDouble(Bar::to).max().orElse(0);
    if (most <= 0) {
      return;
    }
    int height = ROW * bars.size();
    double scale = (WIDTH - LABEL - VALUE) / most;
    html.append("<h2>").append(title).append("</h2>\n");
    html.append(
        "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">%n"
            .formatted(WIDTH, height, WIDTH, height));
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      int middle = ROW * i + ROW / 2;
      html.append(text(LABEL - 8, middle, "end", shortened(name(reports.get(i)))));
      if (bar.value().isEmpty()) {
        continue;
      }
      double value = bar.value().getAsDouble();
      html.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"bar\"/>%n",
              LABEL,
              middle - BAR / 2,
              Math.max(1, value * scale),
              BAR));
      if (bar.to() > bar.from()) {
        html.append(
            String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" class=\"range\"/>%n",
                LABEL + Math.max(0, bar.from()) * scale,
                middle,
                LABEL + bar.to() * scale,
                middle));
      }
      html.append(text(LABEL + bar.to() * scale + 8, middle, "start", number(value)));
    }
    html.append("</svg>\n");
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
    for (Answer answer : report.answers()) {
      html.append("<details><summary>")
          .append(escape(answer.prompt().category() + ": " + answer.prompt().text()))
          .append("</summary>\n<pre>")
          .append(escape(answer.failure().orElse(answer.text().strip())))
          .append("</pre></details>\n");
    }
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
