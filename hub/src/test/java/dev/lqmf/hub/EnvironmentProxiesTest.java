package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentProxiesTest {
  private static final String HUB = "https://huggingface.co/gpt2";

  private static String selected(Map<String, String> environment, String address) {
    Proxy proxy = new EnvironmentProxies(environment).select(URI.create(address)).getFirst();
    return proxy.address() instanceof InetSocketAddress socket
        ? socket.getHostString() + ":" + socket.getPort()
        : "none";
  }

  @Test
  void theSchemeChooses() {
    Map<String, String> both =
        Map.of("http_proxy", "http://a:1", "HTTPS_PROXY", "b:2", "ALL_PROXY", "c");

    assertThat(selected(both, "http://x/")).isEqualTo("a:1");
    assertThat(selected(both, HUB)).isEqualTo("b:2");
    assertThat(selected(Map.of("ALL_PROXY", "http://user:pw@c/"), HUB)).isEqualTo("c:80");
    assertThat(selected(Map.of("https_proxy", "a:1", "HTTPS_PROXY", "b:2"), HUB)).isEqualTo("a:1");
  }

  @Test
  void withoutVariablesThereIsNone() {
    EnvironmentProxies none = new EnvironmentProxies(Map.of("HTTPS_PROXY", " "));

    assertThat(none.any()).isFalse();
    assertThat(none.select(URI.create(HUB))).containsExactly(Proxy.NO_PROXY);
  }

  @ParameterizedTest
  @CsvSource({
    "huggingface.co, none",
    "HuggingFace.co, none",
    ".co, none",
    "*.co, none",
    "*, none",
    "'localhost, huggingface.co', none",
    "face.co, p:1",
    "'', p:1",
    "localhost, p:1",
  })
  void hostsCanBeExcepted(String exceptions, String expected) {
    assertThat(selected(Map.of("https_proxy", "p:1", "NO_PROXY", exceptions), HUB))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://host:1080", "https://host:1", "http://", "http://a b"})
  void whatIsNoHttpProxyIsRefused(String value) {
    assertThatThrownBy(() -> new EnvironmentProxies(Map.of("HTTPS_PROXY", value)))
        .isInstanceOf(InputException.class)
        .hasMessage("the variable https_proxy names no HTTP proxy");
  }

  @Test
  void aModelComesThroughTheProxy(@TempDir Path root) throws Exception {
    try (HubFixture fixture = new HubFixture(root)) {
      HubSettings s = fixture.withToken();
      HubSettings elsewhere =
          new HubSettings(
              URI.create("http://hub.invalid"),
              s.token(),
              root,
              false,
              true,
              s.answerTimeout(),
              s.stallTimeout());
      HttpClient http =
          HttpClient.newBuilder()
              .proxy(
                  new EnvironmentProxies(
                      Map.of(
                          "http_proxy",
                          fixture.hub.endpoint().toString(),
                          "no_proxy",
                          "localhost")))
              .build();

      Path snapshot =
          new HubClient(elsewhere, http, RetryPolicy.standard())
              .snapshot(HubFixture.MODEL, DownloadListener.NONE);

      assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(fixture.weights);
      assertThat(fixture.hub.requests()).anyMatch(r -> r.host().equals("hub.invalid"));
    }
  }
}
