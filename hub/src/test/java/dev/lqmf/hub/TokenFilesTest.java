package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class TokenFilesTest {
  @TempDir Path home;
  private TokenFiles files;

  @BeforeEach
  void locate() {
    files = HubSettings.tokenFiles(Map.of(), home);
  }

  private static HubToken token(String secret) {
    return HubToken.of(secret, "the test").orElseThrow();
  }

  @Test
  void theyAreWhereHuggingfaceHubHasThem() {
    assertThat(files.active()).isEqualTo(home.resolve(".cache/huggingface/token"));
    assertThat(files.stored()).isEqualTo(home.resolve(".cache/huggingface/stored_tokens"));
    assertThat(HubSettings.tokenFiles(Map.of("HF_HOME", "/hf", "HF_TOKEN_PATH", "~/t"), home))
        .isEqualTo(new TokenFiles(home.resolve("t"), Path.of("/hf/stored_tokens")));
    assertThat(HubSettings.tokenFiles(Map.of("HF_STORED_TOKENS_PATH", "/s"), home).stored())
        .isEqualTo(Path.of("/s"));
  }

  /** The text of stored_tokens is what huggingface_hub 2.4.0 writes ({@code _save_token}). */
  @Test
  void aTokenIsStoredInBothPlacesAndFoundAgain() throws Exception {
    files.save(token("hf_one"), "my laptop");

    assertThat(files.active()).hasContent("hf_one");
    assertThat(Files.readString(files.stored())).isEqualTo("[my laptop]\nhf_token = hf_one\n\n");
    HubToken found = HubSettings.fromEnvironment(Map.of(), home).token().orElseThrow();
    assertThat(found.secret()).isEqualTo("hf_one");
    assertThat(found.origin()).isEqualTo(files.active().toString());
  }

  @Test
  void otherTokensStay() throws Exception {
    Files.createDirectories(files.stored().getParent());
    Files.writeString(files.stored(), "# mine\n[work]\nHF_TOKEN=hf_work\n\n");
    files.save(token("hf_old"), "laptop");
    files.save(token("hf_new"), "laptop");

    assertThat(Files.readString(files.stored()))
        .isEqualTo("[work]\nhf_token = hf_work\n\n[laptop]\nhf_token = hf_new\n\n");
    assertThat(files.clear()).containsExactly(files.stored(), files.active());
    assertThat(Files.readString(files.stored())).isEqualTo("[work]\nhf_token = hf_work\n\n");
    assertThat(files.active()).doesNotExist();
    assertThat(files.clear()).isEmpty();
  }

  @Test
  void theLastTokenTakesItsFileWithIt() throws Exception {
    files.save(token("hf_one"), "]\n[evil");

    assertThat(Files.readString(files.stored())).startsWith("[evil]\n");
    files.clear();
    assertThat(files.stored()).doesNotExist();
    try (var left = Files.list(files.active().getParent())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "no such permissions there")
  void onlyTheirOwnerMayReadThem() throws Exception {
    Files.createDirectories(files.active().getParent());
    Files.writeString(files.active(), "hf_old");
    Files.setPosixFilePermissions(files.active(), PosixFilePermissions.fromString("rw-r--r--"));

    files.save(token("hf_one"), "laptop");

    for (Path file : new Path[] {files.active(), files.stored()}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void aFileOfSomethingElseIsLeftAlone() throws IOException {
    Files.createDirectories(files.stored().getParent());
    Files.writeString(files.stored(), "{\"tokens\": []}");

    assertThatThrownBy(() -> files.save(token("hf_one"), "laptop"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(files.stored().toString());

    assertThat(files.stored()).hasContent("{\"tokens\": []}");
    assertThat(files.active()).doesNotExist();
  }
}
