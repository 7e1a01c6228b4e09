package dev.lqmf.tensor.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** The messages of the JDK's exceptions are bare paths as often as not. */
final class Reasons {
  private Reasons() {}

  /** What went wrong, without the file's name. */
  static String of(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "permission denied";
      case ClosedByInterruptException interrupted -> "interrupted";
      case NoSuchFileException none -> "no such file or directory";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
