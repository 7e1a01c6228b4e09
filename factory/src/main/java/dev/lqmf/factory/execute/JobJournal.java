package dev.lqmf.factory.execute;

import dev.lqmf.factory.memory.Owner;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Remembers commands until they have succeeded: a small file for each, written before it begins and
 * removed after it, so that one whose process dies leaves its file behind. Safe among processes.
 */
public final class JobJournal {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String SUFFIX = ".job.json";
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

  private final Path directory;
  private final InstantSource clock;

  /**
   * @param directory made when the first job begins
   */
  public JobJournal(Path directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** A command begins, in this process. */
  public Job begin(List<String> command) throws IOException {
    return begin(command, Owner.here());
  }

  Job begin(List<String> command, Owner owner) throws IOException {
    Instant now = clock.instant();
    Job job =
        new Job(
            STAMP.format(now) + "-" + owner.pid(),
            command,
            now,
            owner,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    Files.createDirectories(directory);
    write(job);
    return job;
  }

  /**
   * It has come so far.
   *
   * @param phase what it does now, as in {@code testing}
   * @return the job in this phase
   */
  public Job enter(Job job, String phase) throws IOException {
    Job now = job.in(phase);
    write(now);
    return now;
  }

  /** It succeeded: it is forgotten, and so are earlier tries of the same command. */
  public void succeed(Job job) throws IOException {
    forget(job);
    for (Job other : list()) {
      if (other.command().equals(job.command()) && other.state() != Job.State.RUNNING) {
        forget(other);
      }
    }
  }

  /** It is not worth another try: it is forgotten. */
  public void forget(Job job) throws IOException {
    Files.deleteIfExists(file(job.id()));
  }

  /**
   * It ended otherwise.
   *
   * @param problem why it failed; empty if it did not
   */
  public void end(Job job, Job.End how, Optional<String> problem) throws IOException {
    write(job.ended(how, problem));
  }

  /** All that have not succeeded, the newest first. */
  public List<Job> list() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Path> files;
    try (Stream<Path> entries = Files.list(directory)) {
      files = entries.filter(f -> f.getFileName().toString().endsWith(SUFFIX)).toList();
    }
    List<Job> jobs = new ArrayList<>();
    for (Path file : files) {
      read(file).ifPresent(jobs::add);
    }
    jobs.sort(Comparator.comparing(Job::began).thenComparing(Job::id).reversed());
    return List.copyOf(jobs);
  }

  /**
   * The job to resume.
   *
   * @param id its id or the end of it; none: the newest that does not run
   * @throws InputException if there is none
   */
  public Job resumable(Optional<String> id) throws IOException {
    List<Job> jobs =
        list().stream().filter(j -> id.isEmpty() || j.id().endsWith(id.get())).toList();
    Optional<Job> job = jobs.stream().filter(j -> j.state() != Job.State.RUNNING).findFirst();
    if (job.isPresent()) {
      return job.get();
    }
    throw new InputException(
        jobs.isEmpty()
            ? "there is no job" + id.map(i -> " " + InputException.quote(i)).orElse(" to resume")
            : "job " + jobs.getFirst().id() + " is still running",
        "'lqmf jobs' lists what has not succeeded");
  }

  private Path file(String id) {
    return directory.resolve(id + SUFFIX);
  }

  private void write(Job job) throws IOException {
    Path part = Files.createTempFile(directory, ".job", ".part");
    try {
      Files.writeString(part, JSON.writeValueAsString(job));
      Files.move(
          part,
          file(job.id()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** None if it has succeeded meanwhile. */
  private static Optional<Job> read(Path file) throws IOException {
    try {
      return Optional.of(JSON.readValue(Files.readString(file), Job.class));
    } catch (NoSuchFileException succeeded) {
      return Optional.empty();
    } catch (JacksonException e) {
      throw new InputException(file + " is no record of a job", "remove it", e);
    }
  }
}
