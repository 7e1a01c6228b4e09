package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;

/**
 * Fetches models from the Hugging Face Hub into the cache that huggingface_hub uses too. What is
 * there is not fetched again; what was interrupted is continued. Safe for use by several threads.
 */
public final class HubClient {
  private static final String CONFIG = "config.json";
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

  private final HubSettings settings;
  private final RetryPolicy retry;
  private final HubCache cache;
  private final HubHttp http;

  /**
   * @param http must not follow redirects by itself: it would send the token along
   */
  public HubClient(HubSettings settings, HttpClient http, RetryPolicy retry) {
    if (http.followRedirects() != Redirect.NEVER) {
      throw new IllegalArgumentException("the HTTP client must not follow redirects");
    }
    this.settings = settings;
    this.retry = retry;
    this.cache = new HubCache(settings.cache(), settings.symlinks());
    HubFailures failures =
        new HubFailures(settings.endpoint(), settings.token().isPresent(), retry.clock());
    this.http = new HubHttp(settings, http, failures);
  }

  /**
   * A client as this process's environment describes it, its proxies included.
   *
   * @see HubSettings#fromEnvironment
   */
  public static HubClient fromEnvironment() throws IOException {
    return fromEnvironment(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * A client as an environment describes it, its proxies included.
   *
   * @see HubSettings#fromEnvironment
   */
  public static HubClient fromEnvironment(Map<String, String> environment, Path home)
      throws IOException {
    return fromEnvironment(environment, home, RetryPolicy.standard());
  }

  /**
   * The same with other patience.
   *
   * @see HubSettings#fromEnvironment
   */
  public static HubClient fromEnvironment(
      Map<String, String> environment, Path home, RetryPolicy retry) throws IOException {
    return new HubClient(HubSettings.fromEnvironment(environment, home), http(environment), retry);
  }

  /** How the Hub is spoken to: through the environment's proxies, redirects left to the caller. */
  static HttpClient http(Map<String, String> environment) {
    HttpClient.Builder http =
        HttpClient.newBuilder()
            .followRedirects(Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .executor(Executors.newVirtualThreadPerTaskExecutor());
    EnvironmentProxies proxies = new EnvironmentProxies(environment);
    if (proxies.any()) {
      http.proxy(proxies);
    }
    return http.build();
  }

  /** Where this client keeps models. */
  public HubCache cache() {
    return cache;
  }

  /**
   * What the Hub says about a model.
   *
   * @throws HubException if there is no such model or the Hub cannot be asked
   */
  public ModelInfo info(ModelId model) throws IOException, InterruptedException {
    return retry.run(() -> http.info(model), DownloadListener.NONE);
  }

  /**
   * Models whose names have all these words, the most downloaded first. A single attempt: who asks
   * has something else to go by.
   *
   * @param limit how many at most, 1 to 100
   * @throws HubException if the Hub does not answer, or must not be asked
   */
  public List<FoundModel> search(String words, int limit) throws IOException, InterruptedException {
    if (settings.offline()) {
      throw new HubException(
          Problem.NOT_CACHED,
          "the Hub must not be asked: HF_HUB_OFFLINE is set",
          "unset it, or give the model as org/name");
    }
    return retry.once().run(() -> http.search(words, limit), DownloadListener.NONE);
  }

  /**
   * Whether the token opens a model: asks for what stands at its beginning, and fetches nothing.
   *
   * @throws HubException if there is no such model, or it does not open; says why
   */
  public ModelInfo checkAccess(ModelId model) throws IOException, InterruptedException {
    ModelInfo info = info(model);
    // A gated model tells everybody about itself, and refuses its files.
    if (info.files().contains(CONFIG)) {
      retry.run(() -> http.metadata(model, info.commit(), CONFIG), DownloadListener.NONE);
    }
    return info;
  }

  /**
   * A directory with the model's configuration, tokenizer and weights, downloaded as far as they
   * are not in the cache. When the Hub cannot be asked, or must not be, and the cache has the model
   * as a whole, that is used.
   *
   * <p>Interrupting the thread ends the download; what has arrived is kept for the next one.
   *
   * @throws HubException if the Hub does not give the model; says why and what to do
   * @throws IOException if the cache cannot be written; names the file
   * @throws InterruptedException if the thread is interrupted
   */
  public Path snapshot(ModelId model, DownloadListener listener)
      throws IOException, InterruptedException {
    return fetch(model, listener, SnapshotDownload::run);
  }

  /**
   * A directory that describes the model: its configuration and tokenizer, and safetensors files
   * with the headers only, so that what would be made of it can be planned without downloading it.
   * The files have their lengths and take no room; their weights are zeros. Models in other forms,
   * and those that the cache has, are given as a whole.
   *
   * @throws HubException as {@link #snapshot}
   */
  public Path outline(ModelId model, DownloadListener listener)
      throws IOException, InterruptedException {
    return fetch(model, listener, SnapshotDownload::outline);
  }

  private interface Kind {
    Path of(SnapshotDownload download) throws IOException, InterruptedException;
  }

  private Path fetch(ModelId model, DownloadListener listener, Kind kind)
      throws IOException, InterruptedException {
    if (settings.offline()) {
      return cache.snapshot(model);
    }
    ProgressMeter meter = new ProgressMeter(listener);
    Optional<Path> cached = cached(model);
    // With something to fall back on, a Hub that is down is not worth waiting for.
    RetryPolicy asking = cached.isPresent() ? retry.once() : retry;
    ModelInfo info;
    try {
      info = asking.run(() -> http.info(model), meter);
    } catch (HubException failure) {
      if (cached.isEmpty() || failure.problem() == Problem.REVISION_NOT_FOUND) {
        throw failure;
      }
      meter.usingCache(cached.get(), String.valueOf(failure.getMessage()));
      return cached.get();
    }
    return kind.of(
        new SnapshotDownload(http, cache, retry, settings.stallTimeout(), meter, model, info));
  }

  /** The snapshot that the cache has as a whole. */
  private Optional<Path> cached(ModelId model) throws IOException {
    try {
      return Optional.of(cache.snapshot(model));
    } catch (HubException incomplete) {
      return Optional.empty();
    }
  }
}
