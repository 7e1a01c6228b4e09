package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * Brings the header of a safetensors file, which says what tensors there are: a sparse file of the
 * full length, in which weights are zeros that take no room.
 */
final class HeaderDownload {
  /** More than any model's; a length beyond it is no header's. */
  private static final long MOST = 100_000_000;

  private final HubHttp http;
  private final Duration stallTimeout;
  private final ModelId model;
  private final String commit;

  HeaderDownload(HubHttp http, Duration stallTimeout, ModelId model, String commit) {
    this.http = http;
    this.stallTimeout = stallTimeout;
    this.model = model;
    this.commit = commit;
  }

  /**
   * A single attempt.
   *
   * @param size of the whole file
   * @param target does not exist
   */
  void run(String file, long size, Path target) throws IOException, InterruptedException {
    ByteBuffer header = header(file, size);
    try (FileChannel channel =
        FileChannel.open(
            target,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      if (size > header.remaining()) {
        channel.write(ByteBuffer.allocate(1), size - 1);
      }
      while (header.hasRemaining()) {
        channel.write(header, header.position());
      }
    }
  }

  private ByteBuffer header(String file, long size) throws IOException, InterruptedException {
    Answer answer = http.content(model, commit, file, 0);
    try (BodyQueue body = answer.body()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      long wanted = Long.BYTES;
      while (bytes.size() < wanted) {
        List<ByteBuffer> piece = next(body, file);
        if (piece.isEmpty()) {
          throw malformed(file, "it ends within its header");
        }
        for (ByteBuffer buffer : piece) {
          byte[] part = new byte[buffer.remaining()];
          buffer.get(part);
          bytes.writeBytes(part);
        }
        if (wanted == Long.BYTES && bytes.size() >= Long.BYTES) {
          long length =
              ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).getLong();
          if (length < 0 || length > Math.min(MOST, size - Long.BYTES)) {
            throw malformed(file, "its header would have " + length + " bytes");
          }
          wanted += length;
        }
      }
      return ByteBuffer.wrap(bytes.toByteArray(), 0, (int) wanted);
    }
  }

  private List<ByteBuffer> next(BodyQueue body, String file)
      throws IOException, InterruptedException {
    try {
      return body.next(stallTimeout);
    } catch (IOException cause) {
      throw new TransientHubException(
          Problem.UNREACHABLE,
          "the connection broke in %s of %s: %s".formatted(file, model, cause.getMessage()),
          "run again",
          cause);
    }
  }

  private HubException malformed(String file, String how) {
    return new HubException(
        Problem.NO_WEIGHTS,
        file + " of " + model + " is no safetensors file: " + how,
        "tell the model's publisher; use another model");
  }
}
