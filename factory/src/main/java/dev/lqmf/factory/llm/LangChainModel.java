package dev.lqmf.factory.llm;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A model that LangChain4j speaks to. */
final class LangChainModel implements LanguageModel {
  private static final Pattern FENCED =
      Pattern.compile("\\s*```(?:json)?\\s*(.*?)```\\s*", Pattern.DOTALL);
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final LlmFailures failures;
  private final Duration patience;
  private final ChatModel model;
  private final StreamingChatModel streaming;

  LangChainModel(
      LlmAccount account, LlmTimeouts timeouts, ChatModel model, StreamingChatModel streaming) {
    this.failures = new LlmFailures(account, InstantSource.system());
    this.patience = timeouts.answer();
    this.model = model;
    this.streaming = streaming;
  }

  @Override
  public String ask(String system, String user, String jsonSchema) throws LlmException {
    // In the prompt as well: some models and servers know nothing of schemas.
    String instructions =
        system + "\nAnswer with one JSON object that keeps to this schema:\n" + jsonSchema;
    ChatRequest request =
        ChatRequest.builder()
            .messages(messages(instructions, user))
            .responseFormat(
                ResponseFormat.builder()
                    .type(ResponseFormatType.JSON)
                    .jsonSchema(
                        JsonSchema.builder()
                            .name("answer")
                            .rootElement(JsonRawSchema.from(jsonSchema))
                            .build())
                    .build())
            .build();
    ChatResponse response;
    try {
      response = model.chat(request);
    } catch (RuntimeException e) {
      throw failure(e);
    }
    return json(response.aiMessage().text());
  }

  /** LangChain4j takes no empty messages. */
  private static List<ChatMessage> messages(String system, String user) {
    UserMessage question = UserMessage.from(user);
    return system.isBlank() ? List.of(question) : List.of(SystemMessage.from(system), question);
  }

  private String json(@Nullable String text) throws LlmException {
    if (text == null || text.isBlank()) {
      throw failures.malformed("it is empty");
    }
    Matcher fenced = FENCED.matcher(text);
    String bare = fenced.matches() ? fenced.group(1) : text;
    try {
      if (JSON.readTree(bare).isObject()) {
        return bare.strip();
      }
    } catch (JacksonException malformed) {
      // Reported below.
    }
    throw failures.malformed("it is no JSON object");
  }

  /** What the thread that reads the stream tells the one that waits for it. */
  private sealed interface Event {
    record Piece(String text) implements Event {}

    record End(boolean complete) implements Event {}

    record Failed(Throwable cause) implements Event {}
  }

  @Override
  public void stream(String system, String user, Consumer<String> pieces) throws LlmException {
    ChatRequest request = ChatRequest.builder().messages(messages(system, user)).build();
    BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    Thread reader = Thread.ofVirtual().name("llm").start(() -> read(request, events));
    try {
      while (true) {
        Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        switch (event) {
          case null -> throw failures.slow(patience);
          case Event.Piece piece -> pieces.accept(piece.text());
          case Event.Failed failed -> throw failure(failed.cause());
          case Event.End end when end.complete() -> {
            return;
          }
          case Event.End _ -> throw failures.unreachable("the answer broke off");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    } finally {
      reader.interrupt();
    }
  }

  private void read(ChatRequest request, BlockingQueue<Event> events) {
    try {
      streaming.chat(
          request,
          new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String text) {
              events.add(new Event.Piece(text));
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
              // A server that goes away in good order still owes the reason for the end.
              events.add(new Event.End(response.finishReason() != null));
            }

            @Override
            public void onError(Throwable error) {
              events.add(new Event.Failed(error));
            }
          });
    } catch (RuntimeException e) {
      events.add(new Event.Failed(e));
    }
  }

  /**
   * What LangChain4j throws, as our exception. {@link LlmHttp} has thrown whatever concerns the
   * connection; the rest is about the answer. LangChain4j's own messages are not passed on: they
   * may quote what the server sent.
   */
  private LlmException failure(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      if (e instanceof LlmException ours) {
        return ours;
      }
      if (e instanceof CancellationException cancelled) {
        throw cancelled;
      }
    }
    return failures.malformed("it is not what this API answers");
  }
}
