package dev.lqmf.factory.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventFanOutTest {
  private final List<String> heard = new ArrayList<>();
  private final List<RuntimeException> failures = new ArrayList<>();

  @Test
  void everybodyHearsEverythingInOrder() {
    EventFanOut<Integer> events =
        new EventFanOut<Integer>(e -> heard.add("listener " + e), failures::add)
            .subscribe(e -> heard.add("first " + e))
            .subscribe(e -> heard.add("second " + e));

    events.accept(1);
    events.accept(2);

    assertThat(heard)
        .containsExactly("listener 1", "first 1", "second 1", "listener 2", "first 2", "second 2");
    assertThat(failures).isEmpty();
  }

  @Test
  void aSubscriberThatFailsIsToldNoMoreAndTheOthersAre() {
    RuntimeException failure = new IllegalStateException("disk full");
    EventFanOut<Integer> events =
        new EventFanOut<Integer>(_ -> {}, failures::add)
            .subscribe(
                e -> {
                  heard.add("bad " + e);
                  throw failure;
                })
            .subscribe(e -> heard.add("good " + e));

    events.accept(1);
    events.accept(2);

    assertThat(heard).containsExactly("bad 1", "good 1", "good 2");
    assertThat(failures).containsExactly(failure);
  }

  @Test
  void theCallersListenerMayEndTheSourceAndTheOthersStillHear() {
    EventFanOut<Integer> events =
        new EventFanOut<Integer>(
                e -> {
                  throw new IllegalStateException("stop");
                },
                failures::add)
            .subscribe(e -> heard.add("subscriber " + e));

    assertThatThrownBy(() -> events.accept(1)).hasMessage("stop");

    assertThat(heard).containsExactly("subscriber 1");
    assertThat(failures).isEmpty();
  }
}
