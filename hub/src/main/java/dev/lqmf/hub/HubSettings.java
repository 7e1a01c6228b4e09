package dev.lqmf.hub;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the Hub is, who asks, and where its files are kept.
 *
 * @param endpoint base address, without a slash at the end
 * @param token sent to the endpoint's host and to no other
 * @param cache root of the cache shared with huggingface_hub
 * @param offline use the cache only
 * @param symlinks let snapshots link to blobs where the file system allows it
 * @param answerTimeout longest wait for the head of an answer
 * @param stallTimeout longest wait for the next bytes of a body
 */
public record HubSettings(
    URI endpoint,
    Optional<HubToken> token,
    Path cache,
    boolean offline,
    boolean symlinks,
    Duration answerTimeout,
    Duration stallTimeout) {
  /** The public Hub. */
  public static final URI PUBLIC_ENDPOINT = URI.create("https://huggingface.co");

  /** Variables that hold a token; the first that is set counts, before any file. */
  public static final List<String> TOKEN_VARIABLES =
      List.of("HF_TOKEN", "HUGGINGFACE_TOKEN", "HUGGING_FACE_HUB_TOKEN");

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]*)\\})");
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /**
   * The settings huggingface_hub would take from the same environment: {@code HF_ENDPOINT}; {@code
   * HF_TOKEN}, {@code HUGGINGFACE_TOKEN} (of LQMF alone), {@code HUGGING_FACE_HUB_TOKEN}, the file
   * {@code HF_TOKEN_PATH}; {@code HF_HUB_CACHE}, {@code HF_HOME}, {@code XDG_CACHE_HOME}; {@code
   * HF_HUB_OFFLINE}, {@code HF_HUB_DISABLE_SYMLINKS}, {@code HF_HUB_DISABLE_IMPLICIT_TOKEN}, {@code
   * HF_HUB_ETAG_TIMEOUT}, {@code HF_HUB_DOWNLOAD_TIMEOUT}. A variable that is set but empty counts
   * as not set.
   *
   * @param environment as {@link System#getenv()}
   * @param home the user's home directory
   * @throws IOException if the file with the token cannot be read
   * @throws InputException if a variable's value cannot be used
   */
  public static HubSettings fromEnvironment(Map<String, String> environment, Path home)
      throws IOException {
    Reader reader = new Reader(environment, home);
    Path hub = reader.home();
    return new HubSettings(
        reader.endpoint(),
        reader.token(hub),
        reader
            .path("HF_HUB_CACHE")
            .or(() -> reader.path("HUGGINGFACE_HUB_CACHE"))
            .orElse(hub.resolve("hub"))
            .toAbsolutePath(),
        reader.flag("HF_HUB_OFFLINE") || reader.flag("TRANSFORMERS_OFFLINE"),
        !reader.flag("HF_HUB_DISABLE_SYMLINKS"),
        reader.seconds("HF_HUB_ETAG_TIMEOUT"),
        reader.seconds("HF_HUB_DOWNLOAD_TIMEOUT"));
  }

  /**
   * The files where huggingface_hub keeps tokens in the same environment.
   *
   * @param environment as {@link System#getenv()}
   * @param home the user's home directory
   */
  public static TokenFiles tokenFiles(Map<String, String> environment, Path home) {
    Reader reader = new Reader(environment, home);
    Path hub = reader.home();
    return new TokenFiles(
        reader.path("HF_TOKEN_PATH").orElse(hub.resolve("token")),
        reader.path("HF_STORED_TOKENS_PATH").orElse(hub.resolve("stored_tokens")));
  }

  private record Reader(Map<String, String> environment, Path userHome) {

    /** {@code HF_HOME}. */
    Path home() {
      Path caches = path("XDG_CACHE_HOME").orElse(userHome.resolve(".cache"));
      return path("HF_HOME").orElse(caches.resolve("huggingface"));
    }

    Optional<String> text(String name) {
      return Optional.ofNullable(environment.get(name))
          .map(String::strip)
          .filter(v -> !v.isEmpty());
    }

    boolean flag(String name) {
      return text(name).map(v -> TRUE.contains(v.toUpperCase(Locale.ROOT))).orElse(false);
    }

    /** A path, with {@code ~} and variables replaced as a shell would. */
    Optional<Path> path(String name) {
      return text(name)
          .map(
              value -> {
                Matcher matcher = VARIABLE.matcher(value);
                String expanded =
                    matcher.replaceAll(
                        match -> {
                          String variable =
                              match.group(1) != null ? match.group(1) : match.group(2);
                          return Matcher.quoteReplacement(
                              environment.getOrDefault(variable, match.group()));
                        });
                return expanded.equals("~")
                    ? userHome
                    : expanded.startsWith("~/")
                        ? userHome.resolve(expanded.substring(2))
                        : Path.of(expanded);
              });
    }

    URI endpoint() {
      Optional<String> text = text("HF_ENDPOINT");
      if (text.isEmpty()) {
        return PUBLIC_ENDPOINT;
      }
      try {
        URI uri = new URI(text.get().replaceFirst("/+$", ""));
        if (uri.getHost() != null && Set.of("http", "https").contains(uri.getScheme())) {
          return uri;
        }
      } catch (URISyntaxException malformed) {
        // Reported below, like an address without a host.
      }
      throw new InputException(
          "HF_ENDPOINT is '" + text.get() + "', which is not the address of a server",
          "set it to something like https://huggingface.co, or unset it");
    }

    Optional<HubToken> token(Path hub) throws IOException {
      if (flag("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
        return Optional.empty();
      }
      for (String name : TOKEN_VARIABLES) {
        Optional<HubToken> token = text(name).flatMap(value -> HubToken.of(value, name));
        if (token.isPresent()) {
          return token;
        }
      }
      return HubToken.read(path("HF_TOKEN_PATH").orElse(hub.resolve("token")));
    }

    Duration seconds(String name) {
      Optional<String> text = text(name);
      if (text.isEmpty()) {
        return TIMEOUT;
      }
      try {
        int seconds = Integer.parseInt(text.get());
        if (seconds > 0) {
          return Duration.ofSeconds(seconds);
        }
      } catch (NumberFormatException malformed) {
        // Reported below, like a number that is not positive.
      }
      throw new InputException(
          name + " is '" + text.get() + "', which is not a number of seconds",
          "set it to a whole number of at least 1, or unset it");
    }
  }
}
