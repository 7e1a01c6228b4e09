package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
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
    cache.prepare(model, info.commit());
    List<String> wanted = new ArrayList<>(ModelFiles.besidesWeights(info.files()));
    if (ModelFiles.isIndex(weights)) {
      fetch(List.of(weights));
      wanted.addAll(shards(weights));
    } else {
      wanted.add(weights);
    }
    fetch(wanted);
    // Last, so that the branch keeps pointing at a whole snapshot until there is a newer one.
    cache.remember(model, info.commit());
    return cache.snapshot(model, info.commit());
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

  private void fetch(List<String> files) throws IOException, InterruptedException {
    List<Callable<FileMetadata>> heads = new ArrayList<>();
    for (String file : files) {
      if (!Files.exists(cache.pointer(model, info.commit(), file))) {
        heads.add(() -> metadata(file));
      }
    }
    List<FileMetadata> missing = Parallel.run(heads, HEADS_AT_A_TIME);
    checkSpace(missing);
    List<Callable<String>> downloads = new ArrayList<>();
    for (FileMetadata file : missing) {
      downloads.add(() -> download(file));
    }
    Parallel.run(downloads, FILES_AT_A_TIME);
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
    for (FileMetadata file : files) {
      if (!Files.exists(cache.blob(model, file.etag()))) {
        meter.expect(file.name(), file.size().orElse(0));
        Path incomplete = cache.incomplete(model, file.etag());
        needed += file.size().orElse(0);
        needed -= Files.exists(incomplete) ? Files.size(incomplete) : 0;
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
  }

  private String download(FileMetadata file) throws IOException, InterruptedException {
    Path blob = cache.blob(model, file.etag());
    Path lock = cache.lock(model, file.etag());
    try (CacheLock held = CacheLock.acquire(lock, () -> meter.waiting(file.name()))) {
      boolean fresh = !Files.exists(blob);
      if (fresh) {
        new BlobDownload(http, retry, meter, stallTimeout, cache, model, info.commit(), file).run();
      }
      cache.link(model, info.commit(), file.name(), file.etag(), fresh);
    }
    return file.name();
  }
}
