package dev.lqmf.hub;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxies that the environment names, as curl and Python read it: {@code http_proxy}, {@code
 * https_proxy}, else {@code all_proxy}, but for the hosts in {@code no_proxy}; each name in lower
 * or in upper case. Java by itself knows only its own system properties.
 */
final class EnvironmentProxies extends ProxySelector {
  private final Map<String, String> environment;
  private final Optional<Proxy> http;
  private final Optional<Proxy> https;
  private final List<String> exceptions;

  /**
   * @throws InputException if a variable names no proxy that can be used
   */
  EnvironmentProxies(Map<String, String> environment) {
    this.environment = environment;
    this.http = proxy("http_proxy");
    this.https = proxy("https_proxy");
    this.exceptions =
        value("no_proxy").stream()
            .flatMap(value -> Stream.of(value.split(",")))
            .map(host -> host.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
            .filter(host -> !host.isEmpty())
            .toList();
  }

  /** Whether the environment names a proxy at all. */
  boolean any() {
    return http.isPresent() || https.isPresent();
  }

  private Optional<String> value(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .map(n -> environment.getOrDefault(n, "").strip())
        .filter(v -> !v.isEmpty())
        .findFirst();
  }

  private Optional<Proxy> proxy(String name) {
    Optional<String> own = value(name);
    String named = own.isPresent() ? name : "all_proxy";
    return own.or(() -> value(named)).map(value -> parse(named, value));
  }

  private static Proxy parse(String name, String value) {
    try {
      URI uri = new URI(value.contains("://") ? value : "http://" + value);
      if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
      }
    } catch (URISyntaxException malformed) {
      // Reported below, like a proxy of another kind. Not quoted: it may hold a password.
    }
    throw new InputException(
        "the variable " + name + " names no HTTP proxy", "set it to http://host:port, or unset it");
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<Proxy> proxy = "https".equalsIgnoreCase(uri.getScheme()) ? https : http;
    return List.of(isException(uri) ? Proxy.NO_PROXY : proxy.orElse(Proxy.NO_PROXY));
  }

  private boolean isException(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    return exceptions.stream()
        .anyMatch(e -> e.equals("*") || host.equals(e) || host.endsWith("." + e));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException cause) {
    // The request fails with the same cause.
  }
}
