package dev.lqmf.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The three requests that a download needs, and the search. Each method is a single attempt.
 *
 * <p>Redirects are followed by hand. The token goes to the endpoint's own scheme, host and port and
 * nowhere else; large files are redirected to stores that take no token and must not see it.
 */
final class HubHttp {
  private static final int MOST_REDIRECTS = 10;

  /** What an ETag must look like to be the name of a file. */
  private static final Pattern ETAG = Pattern.compile("\\w[\\w.-]{0,199}");

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http;
  private final URI endpoint;
  private final Optional<HubToken> token;
  private final Duration answerTimeout;
  private final Duration stallTimeout;
  private final HubFailures failures;

  HubHttp(HubSettings settings, HttpClient http, HubFailures failures) {
    this.http = http;
    this.endpoint = settings.endpoint();
    this.token = settings.token();
    this.answerTimeout = settings.answerTimeout();
    this.stallTimeout = settings.stallTimeout();
    this.failures = failures;
  }

  /** Where a request may be redirected to. */
  private enum Redirects {
    /** Only within the endpoint: an answer that points elsewhere is itself the answer. */
    ENDPOINT,
    /** Anywhere but from https to http. */
    ANYWHERE
  }

  /** Asks for the commit and the files of a model. */
  ModelInfo info(ModelId model) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            endpoint
                + "/api/models/"
                + model.repository()
                + "/revision/"
                + quote(model.revision()));
    Answer answer = send("GET", uri, 0, Redirects.ENDPOINT, model, Optional.empty());
    try (BodyQueue body = answer.body()) {
      if (answer.status() != 200) {
        throw failures.refusal(model, Optional.empty(), answer);
      }
      JsonNode json = JSON.readTree(readAll(body));
      String commit = json.path("sha").asString("");
      if (!ModelId.isCommit(commit)) {
        throw failures.notAHub(model, Optional.empty(), "the answer names no commit");
      }
      List<String> files = new ArrayList<>();
      for (JsonNode sibling : json.path("siblings")) {
        files.add(sibling.path("rfilename").asString(""));
      }
      // gated is false, "auto" or "manual".
      return new ModelInfo(
          commit, files, json.path("gated").isString(), json.path("private").asBoolean(false));
    } catch (JacksonException malformed) {
      throw failures.notAHub(model, Optional.empty(), "the answer is not JSON");
    } catch (HubException failure) {
      throw failure;
    } catch (IOException broken) {
      throw failures.unreachable(model, Optional.empty(), uri, broken);
    }
  }

  /** Longest wait for a search, which only helps. */
  private static final Duration SEARCH_TIMEOUT = Duration.ofSeconds(6);

  /** Asks for models by words in their names. */
  List<FoundModel> search(String words, int limit) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            endpoint
                + "/api/models?search="
                + quote(words)
                + "&sort=downloads&direction=-1&limit="
                + limit);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(answerTimeout.compareTo(SEARCH_TIMEOUT) < 0 ? answerTimeout : SEARCH_TIMEOUT)
            .header("User-Agent", "lqmf");
    token.ifPresent(t -> request.header("Authorization", t.authorization()));
    String what = "a search for '" + words + "'";
    try {
      HttpResponse<byte[]> answer = http.send(request.build(), BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw failures.failure(what, answer.statusCode(), answer.headers(), "");
      }
      JsonNode json = JSON.readTree(answer.body());
      if (!json.isArray()) {
        throw failures.notAHub(what, "the answer is no list");
      }
      List<FoundModel> found = new ArrayList<>();
      for (JsonNode model : json) {
        String id = model.path("id").asString(model.path("modelId").asString(""));
        if (!id.isEmpty()) {
          found.add(
              new FoundModel(id, model.path("downloads").asLong(0), model.path("likes").asLong(0)));
        }
      }
      return found;
    } catch (JacksonException malformed) {
      throw failures.notAHub(what, "the answer is not JSON");
    } catch (HubException failure) {
      throw failure;
    } catch (IOException broken) {
      throw failures.unreachable(what, uri, broken);
    }
  }

  private byte[] readAll(BodyQueue body) throws IOException, InterruptedException {
    var bytes = new ByteArrayOutputStream();
    for (var piece = body.next(stallTimeout); !piece.isEmpty(); piece = body.next(stallTimeout)) {
      for (ByteBuffer buffer : piece) {
        byte[] part = new byte[buffer.remaining()];
        buffer.get(part);
        bytes.writeBytes(part);
      }
    }
    return bytes.toByteArray();
  }

  /** Asks for the hash and the size of a file. */
  FileMetadata metadata(ModelId model, String commit, String file)
      throws IOException, InterruptedException {
    Answer answer =
        send("HEAD", resolve(model, commit, file), 0, Redirects.ENDPOINT, model, Optional.of(file));
    answer.body().close();
    int status = answer.status();
    boolean redirect = status / 100 == 3;
    if (status != 200 && !redirect) {
      throw failures.refusal(model, Optional.of(file), answer);
    }
    HttpHeaders headers = answer.headers();
    if (headers.firstValue("X-Repo-Commit").isEmpty()) {
      throw failures.notAHub(model, Optional.of(file), "the answer has no X-Repo-Commit");
    }
    String etag =
        headers
            .firstValue("X-Linked-Etag")
            .or(() -> headers.firstValue("ETag"))
            .map(value -> value.replaceFirst("^W/", "").replace("\"", ""))
            .orElse("");
    if (!ETAG.matcher(etag).matches()) {
      throw failures.notAHub(model, Optional.of(file), "the answer has no usable ETag");
    }
    // The length of a redirect is not that of the file.
    OptionalLong size =
        headers
            .firstValue("X-Linked-Size")
            .or(() -> redirect ? Optional.empty() : headers.firstValue("Content-Length"))
            .filter(value -> value.matches("\\d{1,18}"))
            .map(value -> OptionalLong.of(Long.parseLong(value)))
            .orElse(OptionalLong.empty());
    return new FileMetadata(file, etag, size);
  }

  /**
   * Asks for a file's content.
   *
   * @param from the first byte wanted
   * @return an answer with status 200 (from the first byte, whatever was asked for), 206 or 416,
   *     whose body the caller closes
   */
  Answer content(ModelId model, String commit, String file, long from)
      throws IOException, InterruptedException {
    Answer answer =
        send(
            "GET",
            resolve(model, commit, file),
            from,
            Redirects.ANYWHERE,
            model,
            Optional.of(file));
    int status = answer.status();
    if (status != 200 && !(from > 0 && (status == 206 || status == 416))) {
      answer.body().close();
      throw failures.refusal(model, Optional.of(file), answer);
    }
    return answer;
  }

  private URI resolve(ModelId model, String commit, String file) {
    String path = Stream.of(file.split("/")).map(HubHttp::quote).collect(Collectors.joining("/"));
    return URI.create(endpoint + "/" + model.repository() + "/resolve/" + commit + "/" + path);
  }

  private Answer send(
      String method, URI uri, long from, Redirects redirects, ModelId model, Optional<String> file)
      throws IOException, InterruptedException {
    URI address = uri;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      Answer answer = exchange(request(method, address, from, redirects), model, file);
      Optional<String> location =
          answer.status() / 100 == 3 ? answer.headers().firstValue("Location") : Optional.empty();
      if (location.isEmpty()) {
        return answer;
      }
      Optional<URI> target = target(address, location.get());
      if (target.isEmpty()) {
        answer.body().close();
        throw failures.notAHub(model, file, "it redirects to no usable address");
      }
      if (redirects == Redirects.ENDPOINT && !isEndpoint(target.get())) {
        return answer;
      }
      answer.body().close();
      address = target.get();
    }
    throw failures.notAHub(model, file, "it redirects more than " + MOST_REDIRECTS + " times");
  }

  private Answer exchange(HttpRequest request, ModelId model, Optional<String> file)
      throws IOException, InterruptedException {
    AtomicReference<@Nullable Answer> begun = new AtomicReference<>();
    try {
      http.send(
          request,
          head -> {
            BodyQueue body = new BodyQueue();
            begun.set(new Answer(request.uri(), head.statusCode(), head.headers(), body));
            return body;
          });
    } catch (IOException broken) {
      Answer answer = begun.get();
      if (answer == null) {
        throw failures.unreachable(model, file, request.uri(), broken);
      }
      // The body broke before the JDK had handed over the head. What has arrived is in the queue
      // and is worth keeping; the failure comes after it.
      answer.body().onError(broken);
    }
    return Objects.requireNonNull(begun.get());
  }

  private HttpRequest request(String method, URI uri, long from, Redirects redirects) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(uri)
            .method(method, BodyPublishers.noBody())
            .timeout(answerTimeout)
            .header("User-Agent", "lqmf")
            // Compressed, a file has neither its length nor ranges.
            .header("Accept-Encoding", "identity");
    if (redirects == Redirects.ANYWHERE) {
      // A connection for each file: together they are faster than one that they share.
      builder.version(HttpClient.Version.HTTP_1_1);
    }
    if (from > 0) {
      builder.header("Range", "bytes=" + from + "-");
    }
    if (isEndpoint(uri)) {
      token.ifPresent(t -> builder.header("Authorization", t.authorization()));
    }
    return builder.build();
  }

  /** Where a redirect leads; nowhere if the address is malformed or gives up encryption. */
  private static Optional<URI> target(URI from, String location) {
    try {
      URI target = from.resolve(location);
      String scheme = scheme(target);
      boolean web =
          scheme.equals("https") || (scheme.equals("http") && scheme(from).equals("http"));
      return web && target.getHost() != null ? Optional.of(target) : Optional.empty();
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  private boolean isEndpoint(URI uri) {
    return scheme(uri).equals(scheme(endpoint))
        && uri.getHost().equalsIgnoreCase(endpoint.getHost())
        && port(uri) == port(endpoint);
  }

  private static String scheme(URI uri) {
    return uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : scheme(uri).equals("https") ? 443 : 80;
  }

  private static String quote(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
