package dev.lqmf.factory.llm;

import dev.lqmf.factory.llm.LlmException.Problem;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Turns what goes wrong with a provider into exceptions that say what to do, without the key. */
final class LlmFailures {
  private static final int LONGEST_COMPLAINT = 160;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final LlmAccount account;
  private final InstantSource clock;

  LlmFailures(LlmAccount account, InstantSource clock) {
    this.account = account;
    this.clock = clock;
  }

  /** The exception for an answer that is no success. */
  LlmException refusal(int status, HttpHeaders headers, String body) {
    String complaint = complaint(body);
    String text = name() + " answered " + status + (complaint.isEmpty() ? "" : ": " + complaint);
    Optional<Duration> wait = retryAfter(headers);
    // Gemini says 400 of a wrong key; OpenAI says 429 of an account without money.
    if (status == 401 || status == 403 || body.contains("API_KEY_INVALID")) {
      return new LlmException(
          Problem.KEY_REJECTED,
          text,
          "check "
              + account.provider().keyVariable()
              + " and what the key may do; "
              + account.provider().keyPage()
              + " has new ones");
    }
    if (status == 404) {
      return new LlmException(
          Problem.MODEL_NOT_FOUND,
          text,
          "choose another model than "
              + account.model()
              + ": lqmf llm model NAME; or check "
              + account.provider().addressVariable());
    }
    if (body.contains("insufficient_quota")) {
      return new LlmException(
          Problem.QUOTA_EXHAUSTED, text, "see to the account, or lqmf llm switch NAME");
    }
    if (status == 429) {
      return new LlmException(
          Problem.RATE_LIMITED,
          text,
          "try again "
              + wait.map(w -> "in " + w.toSeconds() + " s").orElse("later")
              + ", or lqmf llm switch NAME",
          wait);
    }
    if (status / 100 == 5 || status == 408) {
      return new LlmException(
          Problem.SERVER_ERROR, text, "try again later, or lqmf llm switch NAME", wait);
    }
    return new LlmException(
        Problem.BAD_REQUEST,
        text,
        "check the model with lqmf llm status, and " + account.provider().addressVariable());
  }

  /** The exception for no answer at all, or one that broke off. */
  LlmException unreachable(String reason) {
    return new LlmException(
        Problem.UNREACHABLE,
        "no connection to "
            + name()
            + " at "
            + account.address().getAuthority()
            + ": "
            + clean(reason),
        "check the network, the proxy and " + account.provider().addressVariable());
  }

  /** The exception for an answer that takes too long. */
  LlmException slow(Duration waited) {
    return new LlmException(
        Problem.SLOW,
        name() + " did not answer within " + waited.toSeconds() + " s",
        "try again later, or lqmf llm switch NAME");
  }

  /** The exception for an answer that cannot be understood. */
  LlmException malformed(String lack) {
    return new LlmException(
        Problem.MALFORMED,
        name() + " gave an answer that cannot be used: " + lack,
        "try again, or choose another model: lqmf llm model NAME");
  }

  private String name() {
    return account.provider().name();
  }

  /** What the server says, in one short line. */
  private String complaint(String body) {
    String text = body;
    try {
      JsonNode error = JSON.readTree(body).path("error");
      text = error.isString() ? error.asString() : error.path("message").asString("");
    } catch (JacksonException notJson) {
      // A proxy's page, perhaps.
      text = body.stripLeading().startsWith("<") ? "" : body;
    }
    return clean(text);
  }

  /** Without the key first: of a shortened one the beginning would remain. */
  private String clean(String text) {
    String harmless = account.key().map(key -> key.removeFrom(text)).orElse(text);
    String line = harmless.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return line.length() <= LONGEST_COMPLAINT ? line : line.substring(0, LONGEST_COMPLAINT) + "…";
  }

  private Optional<Duration> retryAfter(HttpHeaders headers) {
    Optional<String> value = headers.firstValue("Retry-After").map(String::strip);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (value.get().matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(value.get())));
    }
    try {
      Instant date =
          ZonedDateTime.parse(value.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(clock.instant(), date);
      return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
    } catch (DateTimeParseException malformed) {
      return Optional.empty();
    }
  }
}
