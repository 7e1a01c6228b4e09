package dev.lqmf.factory.llm;

import java.net.URI;
import java.util.Optional;

/**
 * A provider as the user has it.
 *
 * @param provider who
 * @param address where, without a slash at the end
 * @param model which of its models
 * @param key none if the user has none
 */
public record LlmAccount(LlmProvider provider, URI address, String model, Optional<ApiKey> key) {

  /** Whether it can be asked. */
  public boolean usable() {
    return key.isPresent()
        || (provider.keyIsOptionalElsewhere() && !address.equals(provider.address()));
  }

  /** What lacks. */
  LlmException keyMissing() {
    return new LlmException(
        LlmException.Problem.KEY_MISSING,
        "there is no key for " + provider.name(),
        "make one at " + provider.keyPage() + " and set " + provider.keyVariable());
  }

  /** The key as LangChain4j wants it: it insists on one, also for servers that need none. */
  String secret() {
    return key.map(ApiKey::secret).orElse("none");
  }
}
