package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/** Brings the files of a model at one commit into the cache. */
final class SnapshotDownload {
  private static final int HEADS_AT_A_TIME = 8;
  private static final int FILES_AT_A_TIME = 4;

  private final HubHttp http;
  private final HubCache cache;
  private final RetryPolicy retry;
  private final Duration stallTimeout;
  private final ProgressMeter meter;
  private final ModelId model;
  private final ModelInfo info;

  SnapshotDownload(
      HubHttp http,
      HubCache cache,
      RetryPolicy retry,
      Duration stallTimeout,
      ProgressMeter meter,
      ModelId model,
      ModelInfo info) {
    this.http = http;
    this.cache = cache;
    this.retry = retry;
    this.stallTimeout = stallTimeout;
    this.meter = meter;
    this.model = model;
    this.info = info;
  }

  /** The snapshot, complete. */
  Path run() throws IOException, InterruptedException {
    String weights = ModelFiles.weights(info.files()).orElseThrow(this::noWeights);
    List<String> wanted = new ArrayList<>(ModelFiles.besidesWeights(info.files()));
    boolean changed = false;
    if (ModelFiles.isIndex(weights)) {
      changed = fetch(List.of(weights));
      wanted.addAll(shards(weights));
    } else {
      wanted.add(weights);
    }
    changed |= fetch(wanted);
    try {
      // Last, so that the branch keeps pointing at a whole snapshot until there is a newer one.
      cache.remember(model, info.commit());
    } catch (IOException readOnly) {
      // A cache that can only be read serves all the same.
      if (changed) {
        throw readOnly;
      }
    }
    return cache.snapshot(model, info.commit());
  }

  /**
   * A directory like the snapshot, in which safetensors files hold no weights; the snapshot itself
   * if the weights are there, or have another form, which cannot be had in part. It is temporary:
   * it goes away with the process.
   */
  Path outline() throws IOException, InterruptedException {
    String weights = ModelFiles.weights(info.files()).orElseThrow(this::noWeights);
    List<String> small = new ArrayList<>(ModelFiles.besidesWeights(info.files()));
    SortedSet<String> large = new TreeSet<>(List.of(weights));
    if (ModelFiles.isIndex(weights)) {
      small.add(weights);
      fetch(List.of(weights));
      large = shards(weights);
    }
    boolean whole =
        large.stream().allMatch(f -> Files.exists(cache.pointer(model, info.commit(), f)));
    if (whole || !large.stream().allMatch(f -> f.endsWith(".safetensors"))) {
      return run();
    }
    List<FileMetadata> heads = new ArrayList<>();
    for (String file : large) {
      FileMetadata head = metadata(file);
      if (head.size().isEmpty()) {
        return run();
      }
      heads.add(head);
    }
    fetch(small);
    Path directory = Files.createTempDirectory("lqmf-outline");
    directory.toFile().deleteOnExit();
    for (String file : small) {
      Files.copy(cache.pointer(model, info.commit(), file), temporary(directory, file));
    }
    HeaderDownload headers = new HeaderDownload(http, stallTimeout, model, info.commit());
    List<Callable<Path>> downloads = new ArrayList<>();
    for (FileMetadata head : heads) {
      Path target = temporary(directory, head.name());
      downloads.add(
          () ->
              retry.run(
                  () -> {
                    headers.run(head.name(), head.size().getAsLong(), target);
                    return target;
                  },
                  meter));
    }
    Parallel.run(downloads, FILES_AT_A_TIME);
    return directory;
  }

  /** Where a file goes that is deleted when the process ends, and the directories above it. */
  private static Path temporary(Path directory, String file) throws IOException {
    Path target = directory.resolve(file);
    Path parent = target.getParent();
    if (parent != null && !parent.equals(directory)) {
      Files.createDirectories(parent);
      parent.toFile().deleteOnExit();
    }
    target.toFile().deleteOnExit();
    return target;
  }

  private SortedSet<String> shards(String index) throws IOException {
    SortedSet<String> shards = ModelFiles.shards(cache.pointer(model, info.commit(), index));
    for (String shard : shards) {
      if (!info.files().contains(shard)) {
        throw new HubException(
            Problem.NO_WEIGHTS,
            index + " of " + model + " names " + shard + ", which the repository does not have",
            "tell the model's publisher; use another model or revision");
      }
    }
    return shards;
  }

  private HubException noWeights() {
    boolean gguf = info.files().stream().anyMatch(f -> f.endsWith(".gguf"));
    return new HubException(
        Problem.NO_WEIGHTS,
        model + " has no safetensors and no PyTorch weights" + (gguf ? ", only GGUF" : ""),
        gguf
            ? "use the model it was made from, which its page names"
            : "use a repository with model.safetensors or pytorch_model.bin");
  }

  /** Brings files into the snapshot; false if all are there already. */
  private boolean fetch(List<String> files) throws IOException, InterruptedException {
    List<Callable<FileMetadata>> heads = new ArrayList<>();
    for (String file : files) {
      if (!Files.exists(cache.pointer(model, info.commit(), file))) {
        heads.add(() -> metadata(file));
      }
    }
    if (heads.isEmpty()) {
      return false;
    }
    cache.prepare(model, info.commit());
    // Files with the same content share a blob.
    SequencedMap<String, List<FileMetadata>> blobs = new LinkedHashMap<>();
    for (FileMetadata file : Parallel.run(heads, HEADS_AT_A_TIME)) {
      blobs.computeIfAbsent(file.etag(), etag -> new ArrayList<>()).add(file);
    }
    checkSpace(blobs.values().stream().map(List::getFirst).toList());
    List<Callable<Path>> downloads = new ArrayList<>();
    blobs.values().forEach(same -> downloads.add(() -> download(same)));
    Parallel.run(downloads, FILES_AT_A_TIME);
    return true;
  }

  private FileMetadata metadata(String file) throws IOException, InterruptedException {
    try {
      return retry.run(() -> http.metadata(model, info.commit(), file), meter);
    } catch (HubException failure) {
      if (failure.problem() == Problem.ENTRY_NOT_FOUND) {
        cache.rememberMissing(model, info.commit(), file);
      }
      throw failure;
    }
  }

  private void checkSpace(List<FileMetadata> files) throws IOException {
    long needed = 0;
    long weights = 0;
    for (FileMetadata file : files) {
      if (!Files.exists(cache.blob(model, file.etag()))) {
        long size = file.size().orElse(0);
        meter.expect(file.name(), size);
        Path incomplete = cache.incomplete(model, file.etag());
        needed += size;
        needed -= Files.exists(incomplete) ? Files.size(incomplete) : 0;
        weights += ModelFiles.holdsWeights(file.name()) ? size : 0;
      }
    }
    long usable = cache.usableSpace();
    if (needed > usable) {
      throw new HubException(
          Problem.DISK_FULL,
          String.format(
              Locale.ROOT,
              "%s needs %.1f GB more, and the disk of %s has %.1f GB left",
              model,
              needed / 1e9,
              cache.root(),
              usable / 1e9),
          "make room, or set HF_HUB_CACHE to a directory on a larger disk");
    }
    if (weights > 0) {
      meter.beginning(needed, weights, cache.root());
    }
  }

  /** Makes a blob, unless it is there, and links the files to it that have its content. */
  private Path download(List<FileMetadata> same) throws IOException, InterruptedException {
    FileMetadata file = same.getFirst();
    Path blob = cache.blob(model, file.etag());
    Path lock = cache.lock(model, file.etag());
    try (CacheLock held = CacheLock.acquire(lock, () -> meter.waiting(file.name()))) {
      boolean fresh = !Files.exists(blob);
      if (fresh) {
        new BlobDownload(http, retry, meter, stallTimeout, cache, model, info.commit(), file).run();
      } else {
        meter.withdraw(file.name());
      }
      for (FileMetadata link : same.reversed()) {
        // Only the last may take the blob away where links are not permitted.
        cache.link(model, info.commit(), link.name(), link.etag(), fresh && link.equals(file));
      }
    }
    return blob;
  }
}
