package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLHandshakeException;

/**
 * Turns the Hub's refusals into exceptions that say what to do. The Hub tells them apart by the
 * header {@code X-Error-Code} rather than by the status.
 */
final class HubFailures {
  private static final Set<Integer> TRANSIENT = Set.of(408, 429, 500, 502, 503, 504);

  /** As in {@code "api";r=0;t=55}: nothing is left and the window ends in 55 seconds. */
  private static final Pattern EXHAUSTED =
      Pattern.compile(";\\s*r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,9})");

  private final URI endpoint;
  private final boolean withToken;
  private final InstantSource clock;

  HubFailures(URI endpoint, boolean withToken, InstantSource clock) {
    this.endpoint = endpoint;
    this.withToken = withToken;
    this.clock = clock;
  }

  /**
   * The exception for an answer that is neither a success nor a redirect.
   *
   * @param file what was asked for; empty for the model itself
   */
  HubException refusal(ModelId model, Optional<String> file, Answer answer) {
    HttpHeaders headers = answer.headers();
    int status = answer.status();
    String code = headers.firstValue("X-Error-Code").orElse("");
    String message = headers.firstValue("X-Error-Message").orElse("");
    if (code.equals("RevisionNotFound")) {
      return new HubException(
          Problem.REVISION_NOT_FOUND,
          model.repository() + " has no revision '" + model.revision() + "'",
          "see " + page(model) + "/tree/main for its branches and tags");
    }
    if (code.equals("EntryNotFound")) {
      return new HubException(
          Problem.ENTRY_NOT_FOUND,
          model + " has no file " + file.orElse("of that name"),
          "see " + page(model) + "/tree/main for its files");
    }
    if (code.equals("GatedRepo")) {
      return gated(model);
    }
    if (message.equals("Access to this resource is disabled.")) {
      return new HubException(
          Problem.DISABLED,
          model.repository() + " has been disabled on the Hub",
          "see " + page(model) + " for the reason; use another model");
    }
    if (status == 401 && message.equals("Invalid credentials in Authorization header")) {
      return new HubException(
          Problem.TOKEN_REJECTED,
          "the Hub does not accept the Hugging Face token: it is wrong, expired or revoked",
          "make a new one at https://huggingface.co/settings/tokens and set HF_TOKEN, or unset it");
    }
    // A 401 also hides whether a repository exists from those who may not see it.
    if (code.equals("RepoNotFound") || status == 401 || (status == 404 && file.isEmpty())) {
      return new HubException(
          Problem.REPOSITORY_NOT_FOUND,
          "there is no model " + model.repository() + " on " + host() + ", or it is private",
          withToken
              ? "check the spelling; if it is private, check that the token may read it"
              : "check the spelling; if it is private, run 'lqmf hf login' or set HF_TOKEN");
    }
    if (status == 404) {
      return new HubException(
          Problem.ENTRY_NOT_FOUND,
          model + " has no file " + file.orElse(""),
          "see " + page(model) + "/tree/main for its files");
    }
    if (status == 403) {
      return new HubException(
          Problem.FORBIDDEN,
          "the Hub refuses access to " + what(model, file) + suffix(message),
          "check what the token may do at https://huggingface.co/settings/tokens");
    }
    return failure(what(model, file), status, headers, message);
  }

  /** The exception for a status that has no reason of its own. */
  HubException failure(String what, int status, HttpHeaders headers, String message) {
    Problem problem =
        switch (status / 100) {
          case 4 -> status == 429 ? Problem.RATE_LIMITED : Problem.NOT_A_HUB;
          case 5 -> Problem.SERVER_ERROR;
          default -> Problem.NOT_A_HUB;
        };
    Optional<Duration> wait = retryAfter(headers);
    String text = host() + " answered " + status + " for " + what + suffix(message);
    String mend =
        switch (problem) {
          case RATE_LIMITED ->
              "try again "
                  + wait.map(w -> "in " + w.toSeconds() + " s").orElse("later")
                  + (withToken ? "" : "; with HF_TOKEN set the Hub allows more requests");
          case SERVER_ERROR -> "try again later; see https://status.huggingface.co";
          default -> "check HF_ENDPOINT and the proxy";
        };
    return TRANSIENT.contains(status)
        ? new TransientHubException(problem, text, mend, wait)
        : new HubException(problem, text, mend);
  }

  private HubException gated(ModelId model) {
    return new HubException(
        Problem.GATED,
        model.repository() + " is gated: its licence must be accepted before it can be downloaded",
        withToken
            ? "accept it at "
                + page(model)
                + " with the account the token belongs to; some publishers then take a while, and a"
                + " fine-grained token must allow reading gated repositories"
            : "accept it at "
                + page(model)
                + ", make a token at https://huggingface.co/settings/tokens, and run 'lqmf hf login'"
                + " or set HF_TOKEN");
  }

  /** The exception for no answer at all, or one that broke off. */
  HubException unreachable(ModelId model, Optional<String> file, URI uri, IOException cause) {
    return unreachable(what(model, file), uri, cause);
  }

  /** The same for whatever was asked for. */
  HubException unreachable(String what, URI uri, IOException cause) {
    String reason =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    if (cause instanceof SSLHandshakeException) {
      return new HubException(
          Problem.UNREACHABLE,
          "no secure connection to " + uri.getHost() + ": " + reason,
          "check the clock, the proxy and the certificates Java trusts",
          cause);
    }
    return new TransientHubException(
        Problem.UNREACHABLE,
        "no connection to " + uri.getHost() + " for " + what + ": " + reason,
        "check the network, the proxy and HF_ENDPOINT",
        cause);
  }

  /** The exception for an answer that lacks what a Hub's answer has. */
  HubException notAHub(ModelId model, Optional<String> file, String lack) {
    return notAHub(what(model, file), lack);
  }

  /** The same for whatever was asked for. */
  HubException notAHub(String what, String lack) {
    return new HubException(
        Problem.NOT_A_HUB,
        host() + " does not answer for " + what + " as a Hub does: " + lack,
        "check HF_ENDPOINT, the proxy and the firewall");
  }

  /** How long the server asks to wait: a number of seconds, a date, or the end of its window. */
  Optional<Duration> retryAfter(HttpHeaders headers) {
    Optional<String> value = headers.firstValue("Retry-After").map(String::strip);
    if (value.isPresent() && value.get().matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(value.get())));
    }
    if (value.isPresent()) {
      try {
        Instant date =
            ZonedDateTime.parse(value.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        Duration wait = Duration.between(clock.instant(), date);
        return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
      } catch (DateTimeParseException malformed) {
        return Optional.empty();
      }
    }
    return headers
        .firstValue("RateLimit")
        .map(EXHAUSTED::matcher)
        .filter(Matcher::find)
        .map(matcher -> Duration.ofSeconds(Long.parseLong(matcher.group(1))));
  }

  private String page(ModelId model) {
    return endpoint + "/" + model.repository();
  }

  private String host() {
    return endpoint.getAuthority();
  }

  private static String what(ModelId model, Optional<String> file) {
    return file.map(f -> f + " of " + model).orElse(model.toString());
  }

  private static String suffix(String message) {
    return message.isEmpty() ? "" : ": " + message;
  }
}
