package dev.lqmf.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The hash that names a blob. A file in LFS is named by the SHA-256 of its content; any other by
 * git's object name, the SHA-1 of {@code "blob " + length + "\0" + content}. A server that is not
 * the Hub may name files in its own way, which proves nothing.
 */
final class BlobHash {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
  private static final int BUFFER = 1 << 20;

  private BlobHash() {}

  /** Whether the file on disk is the one the ETag names, or the ETag is not a hash. */
  static boolean matches(Path file, String etag) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (SHA256.matcher(etag).matches()) {
        return digest(channel, "SHA-256", "").equals(etag);
      }
      if (SHA1.matcher(etag).matches()) {
        return digest(channel, "SHA-1", "blob " + channel.size() + "\0").equals(etag);
      }
      return true;
    }
  }

  private static String digest(FileChannel channel, String algorithm, String prefix)
      throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible); // every Java platform has both
    }
    digest.update(prefix.getBytes(StandardCharsets.US_ASCII));
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (channel.read(buffer) >= 0) {
      digest.update(buffer.flip());
      buffer.clear();
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
