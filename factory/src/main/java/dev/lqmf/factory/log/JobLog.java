package dev.lqmf.factory.log;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.OutputPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Writes what a job tells into the log, but for its progress. */
public final class JobLog implements Consumer<JobEvent> {
  private final JsonLog log;
  private final String job;

  /**
   * @param job names the job in every line
   */
  public JobLog(JsonLog log, String job) {
    this.log = log;
    this.job = job;
  }

  @Override
  public void accept(JobEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("job", job);
    String name =
        switch (event) {
          case JobEvent.Fetching _,
              JobEvent.Downloading _,
              JobEvent.Calibrating _,
              JobEvent.Quantizing _ ->
              "";
          case JobEvent.Notice n -> {
            fields.put("text", n.text());
            yield "notice";
          }
          case JobEvent.Planned p -> {
            fields.put("model", p.plan().model());
            fields.put("origin", p.plan().origin());
            fields.put("elements", p.plan().elements());
            fields.put("input_bytes", p.plan().inputBytes());
            fields.put("outputs", p.plan().outputs().stream().map(OutputPlan::type).toList());
            yield "planned";
          }
          case JobEvent.LayerQuantized l -> {
            fields.put("module", l.layer().layer().module());
            fields.put("loss", l.layer().loss());
            fields.put("damp", l.layer().damp());
            yield "layer_quantized";
          }
          case JobEvent.OutputFinished o -> {
            fields.put("directory", o.output().directory().toString());
            fields.put("bytes", o.output().fileBytes());
            fields.put("recipe", o.output().recipeHash());
            fields.put("reused", o.output().reused());
            yield "output_finished";
          }
          case JobEvent.Finished f -> {
            fields.put("seconds", f.report().elapsed().toMillis() / 1000.0);
            fields.put("kernels", f.report().kernels());
            fields.put("threads", f.report().threads());
            yield "finished";
          }
          case JobEvent.Testing t -> {
            fields.put("directory", t.directory().toString());
            yield "testing";
          }
          case JobEvent.Tested t -> {
            fields.put("directory", t.directory().toString());
            fields.put("outcome", t.outcome());
            t.reason().ifPresent(reason -> fields.put("reason", reason));
            yield "tested";
          }
          case JobEvent.Failed f -> {
            fields.put("error", String.valueOf(f.cause().getMessage()));
            fields.put("class", f.cause().getClass().getName());
            yield "failed";
          }
        };
    if (!name.isEmpty()) {
      try {
        log.write(name, fields);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
