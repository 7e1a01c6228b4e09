package dev.lqmf.hub;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;

/**
 * The cache directory that huggingface_hub and LQMF share, so that no file is fetched twice:
 *
 * <pre>
 * models--org--name/
 *   refs/main                    the commit the branch pointed at when last asked
 *   blobs/ETAG                   a file's content, named by its hash (git SHA-1, or SHA-256 for LFS)
 *   blobs/ETAG.incomplete        the part of it that has arrived
 *   snapshots/COMMIT/config.json a relative link to its blob
 *   .no_exist/COMMIT/FILE        empty: the repository is known not to have that file
 * .locks/models--org--name/ETAG.lock
 * </pre>
 *
 * <p>Where links are not permitted, as for most users of Windows, a snapshot holds the files
 * themselves.
 *
 * @see <a href="https://huggingface.co/docs/hub/local-cache">The layout's description</a>
 */
public final class HubCache {
  private static final String TAG =
      """
      Signature: 8a477f597d28d172789f06886806bc55
      # This file marks a directory that holds only what can be downloaded again.
      # See https://bford.info/cachedir/
      """;

  private final Path root;
  private final boolean symlinks;

  /**
   * @param root the directory; made when something is first written
   * @param symlinks link to blobs where the file system allows it
   */
  public HubCache(Path root, boolean symlinks) {
    this.root = root.toAbsolutePath();
    this.symlinks = symlinks;
  }

  /** Where the cache is. */
  public Path root() {
    return root;
  }

  /** The directory with all that the cache holds of a model. */
  public Path directory(ModelId model) {
    return root.resolve(folder(model));
  }

  /** The commit the revision stood for when the Hub was last asked. */
  public Optional<String> commit(ModelId model) throws IOException {
    if (model.pinned()) {
      return Optional.of(model.revision());
    }
    try {
      String commit = Files.readString(reference(model)).strip();
      return ModelId.isCommit(commit) ? Optional.of(commit) : Optional.empty();
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
  }

  /**
   * The snapshot of a model that is there as a whole: its configuration and all of its weights.
   * Asks nobody but the file system.
   *
   * @throws HubException {@link HubException.Problem#NOT_CACHED}, naming what is missing
   */
  public Path snapshot(ModelId model) throws IOException {
    Optional<String> commit = commit(model);
    if (commit.isEmpty() || !Files.isDirectory(snapshot(model, commit.get()))) {
      throw notCached(model + " is not in the cache " + root);
    }
    Path snapshot = snapshot(model, commit.get());
    Optional<String> missing = ModelFiles.missing(snapshot);
    if (missing.isPresent()) {
      throw notCached(model + " is not whole in the cache: " + missing.get() + " is missing");
    }
    return snapshot;
  }

  private static HubException notCached(String message) {
    return new HubException(
        HubException.Problem.NOT_CACHED,
        message,
        "run once with a connection to the Hub, without HF_HUB_OFFLINE");
  }

  Path snapshot(ModelId model, String commit) {
    return directory(model).resolve("snapshots").resolve(commit);
  }

  /**
   * Where a snapshot holds a file.
   *
   * @param file as named in the repository; must be {@linkplain ModelFiles#safe safe}
   */
  Path pointer(ModelId model, String commit, String file) {
    return snapshot(model, commit).resolve(file);
  }

  Path blob(ModelId model, String etag) {
    return directory(model).resolve("blobs").resolve(etag);
  }

  Path incomplete(ModelId model, String etag) {
    return directory(model).resolve("blobs").resolve(etag + ".incomplete");
  }

  Path lock(ModelId model, String etag) {
    return root.resolve(".locks").resolve(folder(model)).resolve(etag + ".lock");
  }

  /** Makes the directories that a download of the model needs. */
  void prepare(ModelId model, String commit) throws IOException {
    Files.createDirectories(directory(model).resolve("blobs"));
    Files.createDirectories(snapshot(model, commit));
    Files.createDirectories(root.resolve(".locks").resolve(folder(model)));
    Path tag = root.resolve("CACHEDIR.TAG");
    if (!Files.exists(tag)) {
      replace(tag, TAG);
    }
  }

  /** Bytes that can still be written. */
  long usableSpace() throws IOException {
    return Files.getFileStore(root).getUsableSpace();
  }

  /**
   * Makes a blob appear in a snapshot.
   *
   * @param fresh the blob has just been downloaded, so no other snapshot can be using it, and it
   *     may be moved where links are not permitted
   */
  void link(ModelId model, String commit, String file, String etag, boolean fresh)
      throws IOException {
    Path pointer = pointer(model, commit, file);
    Path blob = blob(model, etag);
    if (Files.exists(pointer)) {
      return;
    }
    Path parent = parent(pointer);
    Files.createDirectories(parent);
    Files.deleteIfExists(pointer); // a link whose blob is gone
    if (symlinks) {
      try {
        Files.createSymbolicLink(pointer, parent.relativize(blob));
        return;
      } catch (FileAlreadyExistsException raced) {
        return; // the blob's name is its content: whoever was first linked the same
      } catch (UnsupportedOperationException | FileSystemException refused) {
        // Not on this file system, or not for this user: the snapshot gets the file itself.
      }
    }
    if (fresh) {
      Files.move(blob, pointer, StandardCopyOption.ATOMIC_MOVE);
    } else {
      Path copy = blob.resolveSibling(etag + "." + UUID.randomUUID() + ".copy");
      try {
        Files.copy(blob, copy);
        Files.move(copy, pointer, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(copy);
      }
    }
  }

  /** Records which commit the revision stands for. */
  void remember(ModelId model, String commit) throws IOException {
    if (!model.pinned() && !commit(model).equals(Optional.of(commit))) {
      Path reference = reference(model);
      Files.createDirectories(parent(reference));
      replace(reference, commit);
    }
  }

  /** Records that the repository does not have the file at this commit. */
  void rememberMissing(ModelId model, String commit, String file) throws IOException {
    Path mark = directory(model).resolve(".no_exist").resolve(commit).resolve(file);
    Files.createDirectories(parent(mark));
    replace(mark, "");
  }

  private Path reference(ModelId model) {
    return directory(model).resolve("refs").resolve(model.revision());
  }

  private static String folder(ModelId model) {
    return "models--" + model.repository().replace("/", "--");
  }

  private static Path parent(Path inside) {
    Path parent = inside.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(inside + " has no parent");
    }
    return parent;
  }

  /** Writes a small file so that readers see the old text or the new one. */
  private static void replace(Path file, String text) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      Files.writeString(temporary, text);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
