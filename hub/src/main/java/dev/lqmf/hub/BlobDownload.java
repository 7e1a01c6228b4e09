package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings one file into the cache as a blob. The bytes go to {@code ETAG.incomplete}; what is there
 * from an earlier attempt is kept and the rest asked for with a Range. The blob gets its name when
 * its length and its hash are right.
 *
 * <p>A file that must be begun again is deleted and made anew, never truncated: should locks not
 * work on a shared file system, another process may have it open, or have just made it a blob.
 */
final class BlobDownload {
  /** A broken attempt that brought this much does not count as one. */
  private static final long PROGRESS = 1 << 20;

  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d+/(\\d{1,18}|\\*)");

  private final HubHttp http;
  private final RetryPolicy retry;
  private final ProgressMeter meter;
  private final Duration stallTimeout;
  private final ModelId model;
  private final String commit;
  private final FileMetadata file;
  private final Path blob;
  private final Path incomplete;

  /** The most that was ever there of the file. */
  private long best;

  BlobDownload(
      HubHttp http,
      RetryPolicy retry,
      ProgressMeter meter,
      Duration stallTimeout,
      HubCache cache,
      ModelId model,
      String commit,
      FileMetadata file) {
    this.http = http;
    this.retry = retry;
    this.meter = meter;
    this.stallTimeout = stallTimeout;
    this.model = model;
    this.commit = commit;
    this.file = file;
    this.blob = cache.blob(model, file.etag());
    this.incomplete = cache.incomplete(model, file.etag());
  }

  /** Downloads the file. The caller holds the blob's lock. */
  void run() throws IOException, InterruptedException {
    boolean complete = false;
    while (!complete) {
      complete = retry.run(this::attempt, meter);
    }
  }

  /** Whether the blob is complete; if not, at least {@link #PROGRESS} more bytes came than ever. */
  private boolean attempt() throws IOException, InterruptedException {
    long begin = keptLength();
    best = Math.max(best, begin);
    meter.reached(file.name(), begin);
    long end = begin;
    if (begin == 0 || begin != file.size().orElse(-1)) {
      try {
        end = fetch(begin);
      } catch (TransientHubException broken) {
        long kept = keptLength();
        if (kept - best < PROGRESS) {
          throw broken;
        }
        best = kept;
        return false;
      }
    }
    if (!BlobHash.matches(incomplete, file.etag())) {
      restart();
      throw corrupt("its hash is not " + file.etag());
    }
    try (FileChannel channel = FileChannel.open(incomplete, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(
        incomplete, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    meter.reached(file.name(), end);
    return true;
  }

  /** How much of the file is there from earlier; more than the whole cannot be right. */
  private long keptLength() throws IOException {
    if (!Files.exists(incomplete)) {
      return 0;
    }
    long length = Files.size(incomplete);
    if (file.size().isPresent() && length > file.size().getAsLong()) {
      restart();
      return 0;
    }
    return length;
  }

  /** Writes the file from {@code begin} on; returns its length. */
  private long fetch(long begin) throws IOException, InterruptedException {
    Answer answer = http.content(model, commit, file.name(), begin);
    try (BodyQueue body = answer.body()) {
      long from = firstByte(answer, begin);
      checkLength(answer, from);
      return write(body, answer, from);
    }
  }

  /** Where the answer begins: where asked, or at 0 if the server does not know ranges. */
  private long firstByte(Answer answer, long begin) throws IOException {
    if (answer.status() == 200) {
      restart();
      return 0;
    }
    Matcher range = CONTENT_RANGE.matcher(answer.headers().firstValue("Content-Range").orElse(""));
    boolean fits =
        answer.status() == 206
            && range.matches()
            && Long.parseLong(range.group(1)) == begin
            && (file.size().isEmpty()
                || range.group(2).equals("*")
                || Long.parseLong(range.group(2)) == file.size().getAsLong());
    if (!fits) {
      restart();
      throw corrupt("the server cannot continue it at byte " + begin);
    }
    return begin;
  }

  private void checkLength(Answer answer, long from) throws TransientHubException {
    OptionalLong length = answer.headers().firstValueAsLong("Content-Length");
    if (length.isPresent()
        && file.size().isPresent()
        && from + length.getAsLong() != file.size().getAsLong()) {
      throw wrongLength(from + length.getAsLong());
    }
  }

  private long write(BodyQueue body, Answer answer, long from)
      throws IOException, InterruptedException {
    long position = from;
    try (FileChannel channel =
        FileChannel.open(incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (var piece = next(body, answer); !piece.isEmpty(); piece = next(body, answer)) {
        for (ByteBuffer buffer : piece) {
          position += store(channel, buffer, position);
        }
        if (position > file.size().orElse(Long.MAX_VALUE)) {
          restart();
          throw wrongLength(position);
        }
        meter.reached(file.name(), position);
      }
    }
    if (position != file.size().orElse(position)) {
      throw broken(answer, new IOException("the answer ended at byte " + position));
    }
    return position;
  }

  private int store(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
    int length = buffer.remaining();
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer, position + length - buffer.remaining());
      }
    } catch (ClosedByInterruptException interrupted) {
      throw interrupted;
    } catch (IOException cause) {
      throw new IOException("cannot write " + incomplete + ": " + cause.getMessage(), cause);
    }
    return length;
  }

  private List<ByteBuffer> next(BodyQueue body, Answer answer)
      throws IOException, InterruptedException {
    try {
      return body.next(stallTimeout);
    } catch (IOException cause) {
      throw broken(answer, cause);
    }
  }

  private void restart() throws IOException {
    Files.deleteIfExists(incomplete);
    meter.reached(file.name(), 0);
  }

  private TransientHubException broken(Answer answer, IOException cause) {
    return new TransientHubException(
        Problem.UNREACHABLE,
        "the connection to "
            + answer.uri().getHost()
            + " broke in "
            + file.name()
            + " of "
            + model
            + ": "
            + cause.getMessage(),
        "run again: what has arrived is kept",
        cause);
  }

  private TransientHubException wrongLength(long length) {
    return corrupt("it has " + length + " bytes and not " + file.size().orElse(-1));
  }

  private TransientHubException corrupt(String how) {
    return new TransientHubException(
        Problem.CORRUPT_DOWNLOAD,
        file.name() + " of " + model + " does not arrive as the Hub describes it: " + how,
        "run again; if it stays so, check the proxy and HF_ENDPOINT");
  }
}
