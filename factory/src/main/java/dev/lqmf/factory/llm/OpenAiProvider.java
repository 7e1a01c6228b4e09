package dev.lqmf.factory.llm;

import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.URI;

/** OpenAI, and whoever speaks its Chat Completions API: Ollama, vLLM, llama-server, LQMF. */
final class OpenAiProvider implements LlmProvider {
  private static final URI ADDRESS = URI.create("https://api.openai.com/v1");

  @Override
  public String name() {
    return "openai";
  }

  @Override
  public String keyVariable() {
    return "OPENAI_API_KEY";
  }

  @Override
  public String addressVariable() {
    return "OPENAI_BASE_URL";
  }

  @Override
  public URI address() {
    return ADDRESS;
  }

  @Override
  public String model() {
    return "gpt-5-mini";
  }

  @Override
  public String keyPage() {
    return "https://platform.openai.com/api-keys";
  }

  @Override
  public boolean keyIsOptionalElsewhere() {
    return true;
  }

  @Override
  public LanguageModel open(LlmAccount account, LlmTimeouts timeouts) {
    return Models.open(account, timeouts);
  }

  /** Apart, because the verifier loads what a class passes on. */
  private static final class Models {
    static LanguageModel open(LlmAccount account, LlmTimeouts timeouts) {
      LlmHttp.Builder http = new LlmHttp.Builder(account, timeouts);
      String address = account.address().toString();
      return new LangChainModel(
          account,
          timeouts,
          OpenAiChatModel.builder()
              .httpClientBuilder(http)
              .baseUrl(address)
              .apiKey(account.secret())
              .modelName(account.model())
              .maxRetries(0)
              .build(),
          OpenAiStreamingChatModel.builder()
              .httpClientBuilder(http)
              .baseUrl(address)
              .apiKey(account.secret())
              .modelName(account.model())
              .build());
    }
  }
}
