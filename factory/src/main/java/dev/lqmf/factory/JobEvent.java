package dev.lqmf.factory;

import dev.lqmf.torch.gptq.LayerReport;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a running job tells. Events of one job arrive one after another, never concurrently, but not
 * always on the thread that called {@link QuantizeJob#run}. A listener should return quickly: the
 * job waits for it.
 */
public sealed interface JobEvent {

  /**
   * A model is about to be fetched from the hub.
   *
   * @param bytes to come
   * @param weightBytes of them, those of weights
   * @param directory on whose disk they will be
   */
  record Fetching(long bytes, long weightBytes, Path directory) implements JobEvent {}

  /**
   * A file of the model is being fetched from the hub.
   *
   * @param file name within the repository
   * @param bytesDone of this file
   * @param bytesTotal of this file
   */
  record Downloading(String file, long bytesDone, long bytesTotal) implements JobEvent {}

  /**
   * Something a person may want to know while waiting, such as that a download is tried again.
   *
   * @param text a sentence without a full stop
   */
  record Notice(String text) implements JobEvent {}

  /**
   * An importance matrix is measured before the plan is made, since the plan names it. Sent once
   * before any work, and then again and again.
   *
   * @param blocksDone of the model
   * @param blocks of the model
   * @param workingBytes of main memory that the measuring takes at least, beside the program; told
   *     the first time, then 0
   */
  record Calibrating(int blocksDone, int blocks, long workingBytes) implements JobEvent {}

  /** The input is open and every output's layout is known. Nothing has been written. */
  record Planned(JobPlan plan) implements JobEvent {}

  /**
   * Progress. Sent a few times per second at most, and once at the end.
   *
   * @param tensor the one being worked on
   * @param bytesDone of the input's tensors
   * @param bytesTotal of the input's tensors
   */
  record Quantizing(String tensor, long bytesDone, long bytesTotal) implements JobEvent {}

  /**
   * A layer of a model that needs calibration is quantized, and will not have to be again if this
   * job does not finish.
   */
  record LayerQuantized(LayerReport layer) implements JobEvent {}

  /** An output is complete under its final name, or was found complete. */
  record OutputFinished(OutputReport output) implements JobEvent {}

  /** Everything is done; the last event of a job that succeeds, but for those about tests. */
  record Finished(QuantizeReport report) implements JobEvent {}

  /**
   * An output is tried, after the job has finished.
   *
   * @param directory of the output
   */
  record Testing(Path directory) implements JobEvent {}

  /**
   * An output has been tried.
   *
   * @param directory of the output
   * @param outcome as in {@code passed}
   * @param reason why it did not pass; absent if it did
   */
  record Tested(Path directory, String outcome, Optional<String> reason) implements JobEvent {}

  /** The job gave up and removed what it had begun; {@link QuantizeJob#run} throws the same. */
  record Failed(Exception cause) implements JobEvent {}
}
