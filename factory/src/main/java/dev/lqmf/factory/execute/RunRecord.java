package dev.lqmf.factory.execute;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.event.EventBus;
import dev.lqmf.factory.log.JobLog;
import dev.lqmf.factory.log.JsonLog;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.factory.memory.ExperimentStores;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * Has a run recorded and logged. That it cannot be, as in a directory that is read-only, is worth a
 * line, and does not end the run.
 */
public final class RunRecord {
  private final Configuration configuration;
  private final Consumer<String> notice;

  /**
   * @param configuration says where, and how
   * @param notice told what cannot be recorded
   */
  public RunRecord(Configuration configuration, Consumer<String> notice) {
    this.configuration = configuration;
    this.notice = notice;
  }

  /**
   * Begins the record.
   *
   * @param listener the command's own, which comes first
   * @return for the job to publish on
   */
  public EventBus<JobEvent> of(ExperimentRecorder.Run run, Consumer<JobEvent> listener) {
    Path experiments = configuration.directory(SettingsTable.EXPERIMENTS_DIR);
    try {
      ExperimentRecorder recorder =
          ExperimentRecorder.begin(
              ExperimentStores.forRecording(
                  configuration.get(SettingsTable.STORAGE_BACKEND), experiments),
              InstantSource.system(),
              run);
      JsonLog log = JsonLog.in(configuration.directory(SettingsTable.LOGS_DIR));
      return new EventBus<>(listener, this::failed)
          .subscribe(recorder)
          .subscribe(new JobLog(log, recorder.id()));
    } catch (IOException e) {
      notice.accept("this run is not recorded: cannot write in " + experiments);
      return new EventBus<>(listener, this::failed);
    }
  }

  private void failed(RuntimeException e) {
    notice.accept("the rest of this run is not recorded: " + e.getMessage());
  }
}
