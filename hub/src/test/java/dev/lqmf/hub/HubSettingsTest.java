package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
  @TempDir Path home;

  private HubSettings settings(Map<String, String> environment) throws IOException {
    return HubSettings.fromEnvironment(environment, home);
  }

  private String secret(Map<String, String> environment) throws IOException {
    return settings(environment).token().orElseThrow().authorization();
  }

  @Test
  void anEmptyEnvironmentWorks() throws Exception {
    HubSettings settings = settings(Map.of());

    assertThat(settings.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(settings.token()).isEmpty();
    assertThat(settings.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(settings.offline()).isFalse();
    assertThat(settings.symlinks()).isTrue();
    assertThat(settings.answerTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.stallTimeout()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void theCacheIsWhereHuggingfaceHubHasIt() throws Exception {
    var environment = new java.util.HashMap<String, String>();
    environment.put("XDG_CACHE_HOME", "/xdg");
    assertThat(settings(environment).cache()).isEqualTo(Path.of("/xdg/huggingface/hub"));
    environment.put("HF_HOME", "/hf");
    assertThat(settings(environment).cache()).isEqualTo(Path.of("/hf/hub"));
    environment.put("HUGGINGFACE_HUB_CACHE", "/old");
    assertThat(settings(environment).cache()).isEqualTo(Path.of("/old"));
    environment.put("HF_HUB_CACHE", "/cache");
    assertThat(settings(environment).cache()).isEqualTo(Path.of("/cache"));
    environment.put("HF_HUB_CACHE", "");
    assertThat(settings(environment).cache()).isEqualTo(Path.of("/old"));
  }

  @Test
  void pathsAreExpandedAsByAShell() throws Exception {
    assertThat(settings(Map.of("HF_HUB_CACHE", "~/models")).cache())
        .isEqualTo(home.resolve("models"));
    assertThat(settings(Map.of("HF_HUB_CACHE", "~")).cache()).isEqualTo(home);
    assertThat(
            settings(Map.of("HF_HUB_CACHE", "$DISK/${DIR}/x", "DISK", "/d$1", "DIR", "e")).cache())
        .isEqualTo(Path.of("/d$1/e/x"));
    assertThat(settings(Map.of("HF_HUB_CACHE", "/$UNSET/x")).cache())
        .isEqualTo(Path.of("/$UNSET/x"));
    assertThat(settings(Map.of("HF_HUB_CACHE", "relative")).cache()).isAbsolute();
  }

  @Test
  void tokensComeInThisOrder() throws Exception {
    Path file = home.resolve(".cache/huggingface/token");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "hf_file\n");
    Path other = Files.writeString(home.resolve("other"), " hf_other ");

    assertThat(secret(Map.of())).isEqualTo("Bearer hf_file");
    assertThat(secret(Map.of("HF_TOKEN_PATH", "~/other"))).isEqualTo("Bearer hf_other");
    assertThat(other).exists();
    assertThat(secret(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_old"))).isEqualTo("Bearer hf_old");
    assertThat(secret(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_old", "HF_TOKEN", "hf_new")))
        .isEqualTo("Bearer hf_new");
    assertThat(secret(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_old", "HF_TOKEN", " ")))
        .isEqualTo("Bearer hf_old");
    assertThat(settings(Map.of("HF_TOKEN", "hf_new", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).token())
        .isEmpty();
  }

  @Test
  void anEmptyTokenFileIsNoToken() throws Exception {
    Files.writeString(home.resolve("token"), "\n");

    assertThat(settings(Map.of("HF_HOME", home.toString())).token()).isEmpty();
  }

  @Test
  void aTokenFileThatCannotBeReadIsAnError() {
    assertThatThrownBy(() -> settings(Map.of("HF_TOKEN_PATH", home.toString())))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aTokenIsNeverShown() throws Exception {
    assertThat(settings(Map.of("HF_TOKEN", "hf_secret")).toString())
        .contains("HubToken[…]")
        .doesNotContain("secret");
    assertThatThrownBy(() -> settings(Map.of("HF_TOKEN", "hf secret\u00e9")))
        .isInstanceOf(InputException.class)
        .hasMessage("the Hugging Face token in HF_TOKEN holds blanks or characters no token has");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "ON", "yes", "True"})
  void flagsAreHuggingfaceHubs(String value) throws Exception {
    assertThat(settings(Map.of("HF_HUB_OFFLINE", value)).offline()).isTrue();
    assertThat(settings(Map.of("TRANSFORMERS_OFFLINE", value)).offline()).isTrue();
    assertThat(settings(Map.of("HF_HUB_DISABLE_SYMLINKS", value)).symlinks()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "off", "", "2"})
  void otherValuesAreNoFlags(String value) throws Exception {
    assertThat(settings(Map.of("HF_HUB_OFFLINE", value)).offline()).isFalse();
  }

  @Test
  void theEndpointCanBeAnotherServer() throws Exception {
    assertThat(settings(Map.of("HF_ENDPOINT", "https://mirror.example/hf//")).endpoint())
        .isEqualTo(URI.create("https://mirror.example/hf"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mirror.example", "ftp://mirror.example", "https://", "https://a b"})
  void anEndpointMustBeAServer(String value) {
    assertThatThrownBy(() -> settings(Map.of("HF_ENDPOINT", value)))
        .isInstanceOf(InputException.class)
        .hasMessage("HF_ENDPOINT is '%s', which is not the address of a server", value);
  }

  @Test
  void timeoutsAreSeconds() throws Exception {
    HubSettings settings =
        settings(Map.of("HF_HUB_ETAG_TIMEOUT", "3", "HF_HUB_DOWNLOAD_TIMEOUT", "4"));

    assertThat(settings.answerTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.stallTimeout()).isEqualTo(Duration.ofSeconds(4));
    for (String value : new String[] {"0", "-1", "soon"}) {
      assertThatThrownBy(() -> settings(Map.of("HF_HUB_ETAG_TIMEOUT", value)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("'" + value + "'");
    }
  }
}
